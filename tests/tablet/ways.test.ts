/** "Navigate" opens the maps of the tablet, on Android and on an iPad. */

import { expect, test } from "vitest";

import { wayTo } from "../../field_client/tablet/src/ways";

const ANDROID = "Mozilla/5.0 (Linux; Android 14; Tablet) AppleWebKit/537.36 Chrome/140.0.0.0";
const IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";
const ADDRESS = "12 Jade Lane, Chengdu";
const WORDS = "12%20Jade%20Lane%2C%20Chengdu";

test("Android asks whichever map is installed", () => {
  expect(wayTo({ lat: 30.6, lon: 104.1 }, ADDRESS, ANDROID)).toBe(`geo:30.6,104.1?q=${WORDS}`);
  expect(wayTo({ lat: null, lon: null }, ADDRESS, ANDROID)).toBe(`geo:0,0?q=${WORDS}`);
});

test.each([IPAD, IPHONE])("Safari does not know geo links: %s", (browser) => {
  const there = wayTo({ lat: 30.6, lon: 104.1 }, ADDRESS, browser);
  expect(there).toBe(`https://maps.apple.com/?q=${WORDS}&ll=30.6,104.1`);
  const somewhere = wayTo({ lat: null, lon: null }, ADDRESS, browser);
  expect(somewhere).toBe(`https://maps.apple.com/?q=${WORDS}`);
});
