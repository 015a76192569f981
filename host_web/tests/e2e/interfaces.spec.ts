import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "./host";
import { expect, expectAccessible, live, test } from "./test";

test.use({ hostOptions: {} });

const METHOD = {
  description: "Write a greeting.",
  params: {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" } },
    additionalProperties: false,
  },
  result: {
    type: "object",
    required: ["text"],
    properties: { text: { type: "string" }, formal: { type: "boolean" } },
  },
};
const OLD = {
  interface: 1,
  name: "Greeting",
  version: "1.0",
  description: "Greets.",
  methods: { Greet: METHOD },
};
const NEW = {
  ...OLD,
  version: "2.0",
  methods: {
    Greet: {
      ...METHOD,
      params: {
        ...METHOD.params,
        required: ["name", "language"],
        properties: { name: { type: "string" }, language: { enum: ["en", "de"] } },
      },
      result: { type: "object", required: ["text"], properties: { text: { type: "string" } } },
    },
    Part: { params: { type: "object" }, result: { type: "object" } },
  },
};

/** Write a plugin that has an interface file; it is listed whether it runs or not. */
function writeGreeter(host: Host, id: string, file: { version: string }): void {
  const folder = host.write(
    {
      id,
      manifest: `version = "1.0.0"\nstart = "on-demand"\n[provides]\nGreeting = "${file.version}"\n`,
      program: "",
    },
    "elsewhere",
  );
  mkdirSync(join(folder, "interfaces"), { recursive: true });
  const name = `Greeting.v${file.version.split(".")[0]}.json`;
  writeFileSync(join(folder, "interfaces", name), JSON.stringify(file));
}

test.beforeAll(async ({ host }) => {
  writeGreeter(host, "greeter", OLD);
  writeGreeter(host, "greeter-next", NEW);
  const user = host.write(
    {
      id: "guestbook",
      manifest: `version = "1.0.0"\nstart = "on-demand"\n[requires.interfaces]\nGreeting = "^1.0"\n`,
      program: "",
    },
    "elsewhere",
  );
  for (const id of ["greeter", "greeter-next"])
    await host.api("/api/plugins/load", { path: join(host.folder, "elsewhere", id) });
  await host.api("/api/plugins/load", { path: user });
});

test("an interface is found, and its methods can be read", async ({ page }) => {
  await page.goto("/interfaces");
  await live(page);
  await page.getByRole("searchbox", { name: "Filter the interfaces" }).fill("greeter-next");
  await page.getByRole("link", { name: "Greeting" }).click();
  await page.waitForURL("**/interfaces/Greeting/2.0");
  await page.getByRole("button", { name: "Greet", exact: true }).click();
  await page.waitForURL("**/interfaces/Greeting/2.0?method=Greet");
  await expect(page.getByRole("region", { name: "Params" })).toContainText('"en" | "de"');
  await expectAccessible(page);
  await page.getByRole("combobox", { name: "Version" }).selectOption("1.0");
  await expect(page.getByRole("region", { name: "Required by" })).toContainText("guestbook");
});

test("a plugin shows what it provides, method by method, and what it requires of others", async ({
  page,
}) => {
  await page.goto("/plugins/greeter-next");
  await live(page);
  await page
    .getByRole("navigation", { name: "Parts of greeter-next" })
    .getByRole("link", { name: "Interfaces" })
    .click();
  const provided = page.getByRole("region", { name: "Greeting" });
  await expect(provided).toContainText("2.0");
  await provided.getByRole("button", { name: "Greet", exact: true }).click();
  await page.waitForURL("**/plugins/greeter-next/interfaces?method=Greeting.Greet");
  await expect(page.getByRole("region", { name: "Params" })).toContainText('"en" | "de"');
  await expect(page.getByText("It requires no interface.")).toBeVisible();
  await expectAccessible(page);
  await page.goto("/plugins/guestbook/interfaces");
  await expect(page.getByText("It provides no interface that is described")).toBeVisible();
  const required = page.getByRole("row", { name: /^Greeting \^1\.0 greeter in 1\.0/ });
  await required.getByRole("link", { name: "Greeting" }).click();
  await page.waitForURL("**/interfaces/Greeting/1.0");
});

test("what a version breaks is said, with whom it concerns", async ({ page }) => {
  await page.goto("/interfaces/Greeting/2.0/changes");
  await live(page);
  await expect(page.getByRole("status").first()).toContainText("2.0 breaks what was written for 1.0");
  await expect(page.getByRole("status").first()).toContainText("guestbook requires the old one");
  const breaks = page.getByRole("region", { name: "2 changes break" });
  await expect(breaks).toContainText("property-added-required");
  await expect(breaks).toContainText("/methods/Greet/result/properties/formal");
  await expect(page.getByRole("region", { name: /compatible/ })).toContainText("the method Part is new");
  await expectAccessible(page);
});

test("a file that no plugin has yet can be compared", async ({ page, complaints }) => {
  await page.goto("/interfaces/Greeting/1.0/changes");
  await live(page);
  const picker = page.getByLabel("Interface file to compare with");
  const next = { ...OLD, version: "1.1", methods: { ...OLD.methods, Part: NEW.methods.Part } };
  await picker.setInputFiles({
    name: "Greeting.v1.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(next)),
  });
  await expect(page.getByRole("status").first()).toContainText("1.1 may take the place of 1.0");
  await picker.setInputFiles({ name: "wrong.json", mimeType: "application/json", buffer: Buffer.from("{") });
  await expect(page.getByRole("alert")).toContainText("wrong.json is no JSON");
  complaints.length = 0;
});

test("an interface that nobody has is told as such", async ({ page, complaints }) => {
  await page.goto("/interfaces/Greeting/9.0");
  await live(page);
  await expect(page.getByText("No plugin has Greeting 9.0")).toBeVisible();
  complaints.length = 0;
});
