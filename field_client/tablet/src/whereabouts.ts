/**
 * Where the tablet is. While somebody works on site that is evidence beside each fact; on the day's list it
 * only puts the jobs in the order of the way, is asked for where it is allowed already, and is kept nowhere.
 */

import { signal } from "@preact/signals";

import type { Point } from "./distances";
import type { Position } from "./domain/documents";
import type { Job } from "./jobs";
import { isOver } from "./order";

const FRESH_MS = 60_000;
const NEAR_ENOUGH_MS = 5 * 60_000;
const PATIENCE_MS = 20_000;

/** Between arrival and finish. On the way nobody is followed. */
export function isOnSite(job: Job): boolean {
  return job.visit.arrived_at !== null && !isOver(job);
}

export class Whereabouts {
  /** As it was when the day's list was last looked at; null where nobody may know. */
  readonly here = signal<Point | null>(null);
  private watch: number | null = null;

  /** `told` hears undefined as soon as nobody is on site any more. */
  constructor(private readonly told: (position: Position | undefined) => void) {}

  follow(jobs: readonly Job[]): void {
    if (jobs.some(isOnSite)) this.begin();
    else this.end();
  }

  /** Asks for nothing: only where the person has allowed it before, for a visit. */
  async look(): Promise<void> {
    if (!(await isAllowed())) return;
    const how = { maximumAge: NEAR_ENOUGH_MS, timeout: PATIENCE_MS };
    const heard = ({ coords }: GeolocationPosition) => {
      this.here.value = { lat: coords.latitude, lon: coords.longitude };
    };
    navigator.geolocation.getCurrentPosition(heard, () => undefined, how);
  }

  private begin(): void {
    if (this.watch !== null || !("geolocation" in navigator)) return;
    const heard = ({ coords }: GeolocationPosition) => this.told(positionOf(coords));
    // Whoever does not allow it, or has no satellite, works on without it.
    const unheard = () => this.told(undefined);
    this.watch = navigator.geolocation.watchPosition(heard, unheard, { maximumAge: FRESH_MS });
  }

  end(): void {
    if (this.watch === null) return;
    navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.told(undefined);
  }
}

async function isAllowed(): Promise<boolean> {
  if (!("geolocation" in navigator) || !navigator.permissions) return false;
  const asked = navigator.permissions.query({ name: "geolocation" });
  return asked.then(({ state }) => state === "granted").catch(() => false);
}

function positionOf({ latitude, longitude, accuracy }: GeolocationCoordinates): Position {
  return { lat: latitude, lon: longitude, accuracy_m: Math.round(accuracy) };
}
