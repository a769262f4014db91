/** Screens that are fetched when they are first needed. The service worker has them without a network, too. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { failureOf } from "../errors";
import { app } from "../here";

export function later<Facts extends object>(load: () => Promise<ComponentType<Facts>>) {
  const found = signal<ComponentType<Facts> | null>(null);
  const fetch = async () => {
    try {
      found.value = await load();
    } catch (problem) {
      app.failure.value = failureOf(problem);
    }
  };
  return function Later(facts: Facts) {
    useEffect(() => {
      if (!found.value) void fetch();
    }, []);
    const Screen = found.value;
    return Screen && <Screen {...facts} />;
  };
}
