import { useSyncExternalStore } from "react";
import { allowed, on } from "unticked";

const hear = (changed) => on("decided", changed);

/** Whether a purpose is allowed; the component is drawn anew when that changes. On a server: no. */
export const useAllowed = (purpose) => useSyncExternalStore(hear, () => allowed(purpose), () => false);
