/** What the tablet knows of parts, and how one of them is found. */

import type { CataloguePart } from "../desks";
import { app } from "../here";
import { words } from "../words";

const MOST_FOUND = 8;

/** What the tablet knows of parts: the catalogue, and what lies in the van by the ledger. */
export interface Stock {
  catalogue: CataloguePart[];
  van: Map<string, number>;
}

export async function readStock(): Promise<Stock> {
  const [catalogue, van] = await Promise.all([app.mine.catalogue(), app.mine.vanStock()]);
  return { catalogue, van };
}

export function VanStock({ stock, sku }: { stock: Stock; sku: string }) {
  const count = stock.van.get(sku) ?? 0;
  return <span class="quiet"> {words.value.parts.inVan(count)}</span>;
}

/** The part whose number a code says; null where none has exactly this one. */
export function skuOf({ catalogue }: Stock, code: string): string | null {
  const wanted = code.trim().toLowerCase();
  return catalogue.find((part) => part.sku.toLowerCase() === wanted)?.sku ?? null;
}

/** What lies in the van comes first. */
export function search({ catalogue, van }: Stock, query: string): CataloguePart[] {
  const wanted = query.trim().toLowerCase().split(/\s+/);
  const matching = catalogue.filter((part) => {
    const text = `${part.sku} ${part.name} ${part.name_zh}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  const inVan = (part: CataloguePart) => (van.get(part.sku) ?? 0) > 0;
  return [...matching.filter(inVan), ...matching.filter((part) => !inVan(part))].slice(
    0,
    MOST_FOUND,
  );
}
