/**
 * Unticked on the page's side: the element, its events, its custom properties and parts.
 *
 * Add `/// <reference types="…/unticked" />` or put this file where your compiler looks.
 */

/** What every event tells. No event holds anything that a visitor typed. */
export interface UntickedDetail {
  /** The form's id. */
  form: string;
  /** The version that is shown, hexadecimal SHA-256. Absent while nothing is shown. */
  version?: string;
  /** The language that is shown, BCP 47. Absent while nothing is shown. */
  language?: string;
}

/** Another page of a longer form is visible. */
export interface UntickedStepDetail extends UntickedDetail {
  /** From 1. */
  step: number;
  steps: number;
}

export type UntickedDecision = "granted" | "granted_unconfirmed" | "refused";

/** The collector has accepted the submission. */
export interface UntickedSubmittedDetail extends UntickedDetail {
  /** By purpose: one entry for each that was asked, refusals included. */
  decisions: Record<string, UntickedDecision>;
}

/** The problems that the collector names, and those that only a browser can have. */
export type UntickedProblem =
  | "ticket-expired"
  | "ticket-invalid"
  | "definition-changed"
  | "origin-not-allowed"
  | "signature-invalid"
  | "already-submitted"
  | "validation-failed"
  | "rate-limited"
  | "too-large"
  | "not-found"
  | "malformed"
  | "method-not-allowed"
  | "unavailable"
  | "internal"
  /** A submission went out and nothing came back. The visitor can try again; it will not arrive twice. */
  | "no-answer"
  /** The form could not be fetched or shown; the link inside the element stays. */
  | "form-unavailable"
  /** The Wasm could not be started; the native form stays and works. */
  | "widget-unavailable"
  /** The page's `form-action` forbade the native post; the link is shown again. */
  | "form-action";

export interface UntickedErrorDetail extends UntickedDetail {
  problem: UntickedProblem;
  /** The ids of the fields concerned. */
  fields: string[];
}

export interface UntickedEventMap {
  /** The form can be read and used; script does not govern it yet. */
  "unticked:shown": CustomEvent<UntickedDetail>;
  /** The form is live: validation is immediate and sending does not leave the page. */
  "unticked:ready": CustomEvent<UntickedDetail>;
  "unticked:step": CustomEvent<UntickedStepDetail>;
  "unticked:submitted": CustomEvent<UntickedSubmittedDetail>;
  "unticked:error": CustomEvent<UntickedErrorDetail>;
}

/**
 * `<unticked-form form="contact" lang="en"><a href="https://HOST/f/contact">Contact us</a></unticked-form>`
 *
 * Attributes: `form` (the form's id), `lang` (else that of the nearest ancestor), `theme` (`light` or `dark`; else as
 * the visitor prefers). Its shadow root is open.
 *
 * Custom properties: `--unticked-text`, `-muted`, `-background`, `-surface`, `-line`, `-control-border`, `-accent`,
 * `-on-accent`, `-error`, `-error-surface`, `-radius`, `-gap`, `-max-width`, `-font`, `-font-size`.
 *
 * Parts: `form`, `title`, `intro`, `responsible`, `section-title`, `controller`, `notice`, `notice-open`,
 * `notice-text`, `summary`, `summary-title`, `problem`, `progress`, `step`, `step-title`, `field`, `label`, `mark`,
 * `help`, `why`, `error`, `control`, `box`, `purposes`, `purposes-other`, `purposes-hint`, `withdraw`, `purpose`,
 * `purpose-name`, `purpose-note`, `purpose-brief`, `statement`, `details`, `terms`, `actions`, `button`, `submit`,
 * `back`, `next`, `done`, `done-title`, `reference`, `decisions`.
 */
export interface UntickedFormElement extends HTMLElement {
  readonly shadowRoot: ShadowRoot | null;
  addEventListener<K extends keyof UntickedEventMap>(
    type: K,
    listener: (this: UntickedFormElement, event: UntickedEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/**
 * A form of the page's own that Unticked takes over: `<form data-unticked-adopt="contact" …>`, or by a selector at the
 * script, `data-adopt="contact=.wpcf7-form; order=#order form"`.
 *
 * Attributes on its controls: `data-unticked-field` (the id of the field it fills in; `none` leaves a control alone, and
 * unsent), `data-unticked-date` (`dmy`, `mdy` or `ymd`, for days that are typed), `data-unticked-submit` (a button that is
 * no submit button); on the form `data-unticked-text`, the words of the link that is left where nothing can be sent.
 *
 * The form tells `unticked:shown`, `unticked:ready`, `unticked:submitted` and `unticked:error`. Before its first field and
 * before its button stands an `<unticked-part>` with an open shadow root; the custom properties and parts are those of
 * `<unticked-form>`, besides the part `whys`.
 */
export interface UntickedAdoptedForm extends HTMLFormElement {
  addEventListener<K extends keyof UntickedEventMap>(
    type: K,
    listener: (this: UntickedAdoptedForm, event: UntickedEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (this: HTMLFormElement, event: HTMLElementEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** What the gate knows of a purpose. Before a decision nothing is allowed. */
export type UntickedChoice = "granted" | "refused" | "undecided";

/** By purpose, every one that is asked. */
export type UntickedDecisions = Record<string, UntickedChoice>;

/** What is told on `document`, as `unticked:` and the name. */
export interface UntickedGateEvents {
  /** Something was decided, here or in another tab; what it allows is already running. */
  decided: { decisions: UntickedDecisions; changed: string[] };
  /** The collector has it in its ledger. `preferences` is the visitor's personal page, where it gives one. */
  recorded: { reference: string; receipt?: string; preferences?: string };
  /** The banner or the settings came or went. */
  banner: { shown: boolean; mode?: "ask" | "settings" };
}

/**
 * `window.unticked`, once `gate.js` has run. Before, `window.unticked = window.unticked || { q: [] }` takes calls:
 * `unticked.q.push(["grant", "statistics"])`, or a function that is called with the gate.
 *
 * Tags wait with `type="text/plain" data-category="statistics"` (also `data-cookiecategory`, `data-c15t-category`,
 * `data-name` with `data-src`); frames, pictures, films and styles with a category and `data-src`, `data-srcset` or
 * `data-href`. Several purposes are separated by spaces, and all are needed. Buttons of the page's own:
 * `data-unticked="accept"`, `"refuse"`, `"settings"`.
 */
export interface UntickedGate {
  /** Resolved: the gate knows what it can know from the moment it is there. */
  readonly ready: Promise<UntickedGate>;
  decisions(): UntickedDecisions;
  /** By a purpose's name, or another name that the owner gave it. */
  allowed(purpose: string): boolean;
  /** Without a name: all that are asked, but those that the browser's signal (Global Privacy Control) refuses. */
  grant(...purposes: string[]): void;
  /** Without a name: all that are asked. */
  refuse(...purposes: string[]): void;
  /** Without a name: all that were granted. */
  withdraw(...purposes: string[]): void;
  /** Opens the settings. */
  open(): void;
  /** The random id on this device, once the purpose that needs one (`visitor_id`) is granted and its record on the way. */
  visitor(): string | undefined;
  /** Answers what ends it. */
  on<K extends keyof UntickedGateEvents>(name: K, listener: (detail: UntickedGateEvents[K]) => void): () => void;
}

declare global {
  interface HTMLElementTagNameMap {
    "unticked-form": UntickedFormElement;
  }
  /** The events bubble and cross shadow roots, so that one listener on `document` hears every form. */
  interface DocumentEventMap extends UntickedEventMap {
    "unticked:decided": CustomEvent<UntickedGateEvents["decided"]>;
    "unticked:recorded": CustomEvent<UntickedGateEvents["recorded"]>;
    "unticked:banner": CustomEvent<UntickedGateEvents["banner"]>;
  }
  interface Window {
    unticked?: UntickedGate;
  }
}
