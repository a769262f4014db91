/** Whether something on the screen has come into sight, or nearly: what costs something waits for that. */

import { useEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";

const NEARLY = "300px"; // one more flick of the thumb

/** False until it was in sight once, then true for good. */
export function useSeen(here: RefObject<Element | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (isSeen || !here.current) return;
    const watch = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: NEARLY },
    );
    watch.observe(here.current);
    return () => watch.disconnect();
  }, [isSeen]);
  return isSeen;
}
