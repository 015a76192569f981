// What is written by hand as JSON: parameters, and the items of a stream.

/** Say what is wrong with parameters; null when they can be sent. */
export function faultOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : "The parameters are one JSON object.";
  } catch (error) {
    return `no JSON yet: ${(error as Error).message}`;
  }
}

/** Read parameters; while they are no JSON, the others hold. */
export function parseOr(text: string, other: unknown): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return other;
  }
}

/** Read the items of a stream, one JSON value a line. */
export function parseLines(text: string): { values: unknown[] } | { fault: string } {
  const values: unknown[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(JSON.parse(line));
    } catch (error) {
      return { fault: `line ${index + 1} is no JSON: ${(error as Error).message}` };
    }
  }
  return { values };
}
