/** Where "Navigate" leads: to the maps that the tablet itself has, with or without a network. */

interface Point {
  readonly lat: number | null;
  readonly lon: number | null;
}

// An iPad says that it is a Mac.
const APPLE = /iPad|iPhone|Macintosh/;

/** Safari does not know `geo:` and says "invalid address"; Apple's own links open its maps there. */
export function wayTo(site: Point, address: string, browser = navigator.userAgent): string {
  const words = encodeURIComponent(address);
  const point = site.lat !== null && site.lon !== null ? `${site.lat},${site.lon}` : null;
  if (APPLE.test(browser)) {
    return `https://maps.apple.com/?q=${words}${point ? `&ll=${point}` : ""}`;
  }
  return `geo:${point ?? "0,0"}?q=${words}`;
}
