import { useEffect } from "react";
import { useAllowed } from "./allowed.js";

/** Loads the counter after a yes. What it left is deleted by the gate when that is taken back, as `banner.toml` declares it. */
export function Statistics({ src }) {
  const counts = useAllowed("statistics");
  useEffect(() => {
    if (!counts) return;
    const script = document.createElement("script");
    script.src = src;
    document.head.append(script);
    return () => script.remove();
  }, [counts, src]);
  return <p>{counts ? "This app counts." : "This app does not count."}</p>;
}
