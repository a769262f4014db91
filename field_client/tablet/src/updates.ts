/**
 * The app is kept whole on this tablet. A new version of it is fetched in the background and waits until
 * somebody says "restart".
 */

import { effect } from "@preact/signals";

import { app } from "./here";

const LOOK_MS = 60 * 60_000;

export function keepUpdated(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const isFirst = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!isFirst) reloadWhenFree();
  });
  void register();
  void fetchRest();
  addEventListener("online", () => void fetchRest());
}

/** What the first start did without, the worker gets as soon as it can. */
async function fetchRest(): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage("fetch the rest");
}

/** Another tab may have said "restart" while something is being captured in this one. */
function reloadWhenFree(): void {
  effect(() => {
    if (!app.isCapturing.value) location.reload();
  });
}

async function register(): Promise<void> {
  const registration = await navigator.serviceWorker
    .register(`${import.meta.env.BASE_URL}sw.js`, { updateViaCache: "none" })
    .catch(() => undefined);
  if (!registration) return;
  const offer = (worker: ServiceWorker | null) => {
    // WebKit names the very first version the page's controller before it is in use.
    const isInUse = registration.active && registration.active !== worker;
    if (!worker || !isInUse || !navigator.serviceWorker.controller) return;
    app.update.value = () => worker.postMessage("restart");
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed") offer(coming);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), LOOK_MS);
}
