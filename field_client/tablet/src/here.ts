/** The app of this page, for its screens. */

import { App } from "./app";
import { browserClock } from "./clock";
import { Store } from "./store";

export const app = new App(new Store(browserClock));
