import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const START_MS = 60_000;
const STOP_MS = 20_000;

/** A plugin in Python, made for one test: its manifest and its program. */
export interface MadePlugin {
  id: string;
  manifest?: string;
  program: string;
  /** An interface file of its own, by its name in `interfaces/`. */
  interfaces?: Record<string, object>;
}

/** Writes a plugin with one method that counts as slowly as it is asked to, and then answers. */
const counting = (id: string, version: string, method: string, answer: string) => `
import time
from polyhost_plugin import Plugin
plugin = Plugin("${id}", version="${version}")

@plugin.method("${method}")
def count(to: int, delay: float = 0.0):
    for number in range(1, to + 1):
        time.sleep(delay)  # the pace that the test asked for
        yield {"number": number}
    return ${answer}

plugin.run()
`;

/** What a plugin is made of that counts, and can be replaced while it does. */
export const counter = (version: string): MadePlugin => ({
  id: "counter",
  manifest: `version = "${version}"\n[provides]\nCounter = "1.0"\n[reload]\nwatch = ["*.py", "plugin.toml"]\n`,
  program: counting("counter", version, "Counter.Count", `{"version": "${version}"}`),
  interfaces: {
    "Counter.v1.json": {
      interface: 1,
      name: "Counter",
      version: "1.0",
      description: "Counts as slowly as it is asked to.",
      methods: {
        Count: {
          description: "Stream the numbers from 1.",
          params: {
            type: "object",
            required: ["to"],
            properties: { to: { type: "integer" }, delay: { type: "number" } },
          },
          result: { type: "object" },
          stream: { out: { type: "object" } },
        },
      },
    },
  },
});

/** Requires a key-value store, so that there is somebody to warn of. */
export const report: MadePlugin = {
  id: "report",
  manifest: `version = "1.0.0"\ndescription = "Reports what the store holds"\n[requires.plugins]\nkv-python = "^1.0"\n`,
  program: `
from polyhost_plugin import Plugin
plugin = Plugin("report", version="1.0.0")

@plugin.method("Report.Write")
def write() -> dict:
    return {"lines": 3}

plugin.run()
`,
};

/** Requires the report: who requires a store through somebody else. */
export const mailer: MadePlugin = {
  id: "mailer",
  manifest: `version = "1.0.0"\ndescription = "Sends what the report says"\n[requires.plugins]\nreport = "^1.0"\n`,
  program: report.program.replaceAll("report", "mailer").replaceAll("Report", "Mailer"),
};

/** Streams, and nothing describes that. */
export const bare: MadePlugin = {
  id: "bare",
  manifest: `version = "1.0.0"\ndescription = "Counts, and has no interface file"\n`,
  program: counting("bare", "1.0.0", "Bare.Count", `{"counted": to}`),
};

/** Does not start either, and is given half a minute before each further attempt. */
export const patient: MadePlugin = {
  id: "patient",
  manifest: `version = "0.1.0"\ndescription = "Waits long before it starts again"\n[restart]\nbackoff = 30\njitter = 0\n`,
  program: `raise RuntimeError("not yet")\n`,
};

/** Does not start: what it says on stderr is what an operator has to find. */
export const broken: MadePlugin = {
  id: "broken",
  manifest: `version = "0.1.0"\ndescription = "Reads a file that is not there"\n[restart]\nintensity = 1\nperiod = 60\n`,
  program: `raise FileNotFoundError("settings.json is not there")\n`,
};

export interface HostOptions {
  /** Example plugins of the checkout. */
  examples?: string[];
  made?: MadePlugin[];
  port?: number;
  flags?: string[];
}

/** Is a real host with real plugins, in folders of its own. */
export class Host {
  readonly folder: string;
  readonly #flags: string[];
  #process: ChildProcess | null = null;
  url = "";
  output = "";

  constructor({ examples = [], made = [], flags = [] }: HostOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "polyhost-console-"));
    this.#flags = flags;
    for (const name of examples) {
      cpSync(join(CHECKOUT, "plugins", name), join(this.folder, "plugins", name), { recursive: true });
    }
    mkdirSync(join(this.folder, "plugins"), { recursive: true });
    for (const plugin of made) this.write(plugin);
  }

  /** Write a plugin into the folder that the host searches, or replace it there. */
  write(
    { id, manifest = 'version = "1.0.0"\n', program, interfaces = {} }: MadePlugin,
    into = "plugins",
  ): string {
    const folder = join(this.folder, into, id);
    mkdirSync(join(folder, "interfaces"), { recursive: true });
    for (const [name, file] of Object.entries(interfaces)) {
      writeFileSync(join(folder, "interfaces", name), JSON.stringify(file));
    }
    writeFileSync(join(folder, "main.py"), program);
    writeFileSync(
      join(folder, "plugin.toml"),
      `id = "${id}"\nruntime = "python"\nentry = "main.py"\n${manifest}`,
    );
    return folder;
  }

  /** The host's process, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Start the host; on the port of before, if it had one. */
  async start(): Promise<void> {
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const words = ["serve", "--plugins", join(this.folder, "plugins"), "--data", join(this.folder, "data")];
    const child = spawn("polyhost", [...words, "--port", port, ...this.#flags], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    child.stderr.on("data", (bytes: Buffer) => {
      this.output += bytes.toString();
    });
    this.url = await new Promise<string>((ready, failed) => {
      const limit = setTimeout(() => failed(new Error(`the host did not start:\n${this.output}`)), START_MS);
      let text = "";
      child.stdout.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        const found = /ready at (\S+)/.exec(text)?.[1];
        if (found === undefined) return;
        clearTimeout(limit);
        ready(found);
      });
      child.on("exit", (code) => {
        clearTimeout(limit);
        failed(new Error(`the host ended with ${code}:\n${this.output}`));
      });
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    const limit = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(limit);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Make an access token on the host's machine, and return its text. */
  token(name: string, scope: "viewer" | "operator" | "admin"): string {
    const words = ["token", "create", name, "--scope", scope, "--data", join(this.folder, "data"), "--json"];
    return JSON.parse(execFileSync("polyhost", words, { encoding: "utf8" })).token;
  }

  /** Pack a plugin that the host does not know into an archive, and return its path. */
  pack(plugin: MadePlugin): string {
    this.write(plugin, "elsewhere");
    return this.packed(plugin.id);
  }

  /** Pack what was written elsewhere. */
  packed(id: string): string {
    const archive = join(this.folder, `${id}.tar.gz`);
    execFileSync("tar", ["-czf", archive, "-C", join(this.folder, "elsewhere"), id]);
    return archive;
  }

  /** Make a request of the API, as a script would. */
  async api(path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.url}${path}`, {
      ...(body === undefined
        ? {}
        : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    return answer.json();
  }
}
