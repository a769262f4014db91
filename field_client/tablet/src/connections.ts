/** What the browser says of the network that it is on. */

/** Only some browsers say so; where they do not, the policy for Wi-Fi holds. */
export function isOnCellular(): boolean {
  const { connection } = navigator as { connection?: { type?: string; saveData?: boolean } };
  return connection?.type === "cellular" || connection?.saveData === true;
}
