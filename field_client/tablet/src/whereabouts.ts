/** Where the tablet is while somebody works on site: evidence beside each fact, and never asked for elsewhere. */

import type { Position } from "./domain/documents";
import type { Job } from "./jobs";
import { isOver } from "./order";

const FRESH_MS = 60_000;

/** Between arrival and finish. On the way nobody is followed. */
export function isOnSite(job: Job): boolean {
  return job.visit.arrived_at !== null && !isOver(job);
}

export class Whereabouts {
  private watch: number | null = null;

  /** `told` hears undefined as soon as nobody is on site any more. */
  constructor(private readonly told: (position: Position | undefined) => void) {}

  follow(jobs: readonly Job[]): void {
    if (jobs.some(isOnSite)) this.begin();
    else this.end();
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

function positionOf({ latitude, longitude, accuracy }: GeolocationCoordinates): Position {
  return { lat: latitude, lon: longitude, accuracy_m: Math.round(accuracy) };
}
