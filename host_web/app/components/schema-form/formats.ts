/** The widgets for what JSON Schema has and HTML forms do not; the names are formats of strings in the form's schema. */
export const BYTES = "polyhost-bytes";
export const JSON_TEXT = "polyhost-json";
