import type { components } from "./schema.generated";

/** What the REST API takes and answers, by name, as schemas/http/openapi.json describes it. */
export type Schemas = components["schemas"];
