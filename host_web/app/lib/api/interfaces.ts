import { type RequestOptions, request } from "./client";
import type { Schemas } from "./schemas";

export type InterfaceSummary = Schemas["InterfaceSummary"];
export type InterfaceSnapshot = Schemas["InterfaceSnapshot"];
export type InterfaceDiff = Schemas["InterfaceDiff"];
export type Finding = Schemas["Finding"];

type Signal = Pick<RequestOptions, "signal">;

export async function getInterfaces(options: Signal = {}): Promise<InterfaceSummary[]> {
  return (await request<Schemas["InterfaceList"]>("/api/interfaces", options)).interfaces;
}

const named = (name: string) => `/api/interfaces/${encodeURIComponent(name)}`;

export const getInterface = (name: string, version: string, options: Signal = {}) =>
  request<InterfaceSnapshot>(`${named(name)}/${encodeURIComponent(version)}`, options);

export const compareVersions = (name: string, from: string, to: string, options: Signal = {}) =>
  request<InterfaceDiff>(`${named(name)}/diff?${new URLSearchParams({ from, to })}`, options);

/** Compare with an interface file that no plugin has yet; nothing is changed. */
export const compareWithDocument = (name: string, from: string, document: unknown) =>
  request<InterfaceDiff>(`${named(name)}/diff`, { method: "POST", body: { from, document } });

/** Order versions such as `1.10` and `1.9` by their numbers. */
export function compareVersionNumbers(a: string, b: string): number {
  const [first = [], second = []] = [a, b].map((text) => text.split(".").map(Number));
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    const step = (first[at] ?? 0) - (second[at] ?? 0);
    if (step !== 0) return step;
  }
  return 0;
}
