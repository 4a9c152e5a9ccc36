import type { UntickedDecisions, UntickedGate, UntickedGateEvents } from "./unticked.js";

export type { UntickedDecisions, UntickedGate, UntickedGateEvents } from "./unticked.js";

/** Resolves when the gate is there; never on a server. */
export const ready: Promise<UntickedGate>;
/** What was decided by purpose; nothing before the gate is there. */
export function decisions(): UntickedDecisions;
/** Whether a purpose, or another name for one, is allowed. `false` before the gate is there. */
export function allowed(purpose: string): boolean;
/** Grants these purposes; without a name all that are asked, but those that the browser's signal refuses. */
export function grant(...purposes: string[]): void;
/** Refuses these purposes; without a name all that are asked. */
export function refuse(...purposes: string[]): void;
/** Takes these purposes back; without a name all that were granted. */
export function withdraw(...purposes: string[]): void;
/** Opens the settings. */
export function open(): void;
/** Calls `listener` with each event's detail; answers what ends that. */
export function on<K extends keyof UntickedGateEvents>(name: K, listener: (detail: UntickedGateEvents[K]) => void): () => void;
