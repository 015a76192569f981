// Makes the types of the API from its description; with --check only says whether they are those of today.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const description = new URL("../../../schemas/http/openapi.json", import.meta.url);
const made = new URL("../../app/lib/api/schema.generated.ts", import.meta.url);

const nodes = await openapiTS(description, { defaultNonNullable: true, rootTypes: false });
const text = `// Made from schemas/http/openapi.json by \`npm run schema\`: change it there.\n\n${astToString(nodes)}`;

if (!process.argv.includes("--check")) {
  writeFileSync(made, text);
} else if (readFileSync(made, "utf8") !== text) {
  process.stderr.write("app/lib/api/schema.generated.ts is not what the API says: run `npm run schema`.\n");
  process.exit(1);
}
