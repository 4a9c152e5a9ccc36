import type { UntickedDecisions } from "./unticked.js";

export interface TcfMirror {
  /** Tells the CMP, by the CMP's own means, what was decided. */
  tell(decisions: UntickedDecisions): void | Promise<void>;
  /** From a TCF purpose's number to a purpose of yours: `{ 1: "advertising" }`. */
  purposes?: Record<string, string>;
}

export interface GppMirror {
  tell(decisions: UntickedDecisions): void | Promise<void>;
  /** From a GPP field to a purpose of yours and the values that mean yes: `{ "usnat.SaleOptOut": { purpose: "advertising", granted: 2 } }`. */
  fields?: Record<string, { purpose: string; granted: unknown }>;
}

/** Where the CMP holds something else, or could not be asked. */
export type Difference =
  | { api: "tcf" | "gpp"; at: string; purpose: string; ours: boolean; theirs: boolean }
  | { api: "tcf" | "gpp"; error: unknown };

/**
 * Mirrors decisions to a registered CMP, now and after each decision, and checks what it then says. Defines neither
 * `__tcfapi` nor `__gpp`, and grants nothing by what they say. Answers what ends it.
 */
export function mirror(to: { tcf?: TcfMirror; gpp?: GppMirror; differs?: (differences: Difference[]) => void }): () => void;
