/** The receipt in the visit: handing the tablet over, and what came of it. */

import { useEffect, useState } from "preact/hooks";

import { shortCode } from "../domain/receipts";
import { app } from "../here";
import { isReadOnly, type Job } from "../jobs";
import { nextOf } from "../order";
import { signedOf, type Signed } from "../signed";
import { named, words } from "../words";
import { Button, Notice } from "./controls";

export function Signing({ job }: { job: Job }) {
  const say = words.value;
  const receipt = job.visit.receipt;
  const isSigned = receipt?.state === "signed";
  const [signed, setSigned] = useState<Signed | null>(null);
  const isOutdated = signed?.isOutdated ?? false;
  useEffect(() => {
    let isHere = true;
    void signedOf(app.mine, job).then((found) => isHere && setSigned(found));
    return () => {
      isHere = false;
    };
  }, [job]);
  return (
    <div class="stack">
      {isSigned && (
        <Notice tone="proven" icon="check">
          <p>{say.signing.signedBy(receipt.signer_name ?? "")}</p>
          {receipt.stars && <p>{say.signing.stars(receipt.stars)}</p>}
          {receipt.reservation && <p>{say.signing.reservation(receipt.reservation)}</p>}
        </Notice>
      )}
      {isOutdated && (
        <Notice tone="risk">
          <p>{say.signing.outdated}</p>
        </Notice>
      )}
      {receipt?.state === "unsigned" && (
        <Notice tone="risk" icon="sign">
          <p>{say.signing.unsigned(named(say.unsignedReasons, receipt.reason))}</p>
          {receipt.words && <p>{receipt.words}</p>}
        </Notice>
      )}
      {receipt?.digest && <p class="quiet">{say.signing.code(shortCode(receipt.digest))}</p>}
      {!isReadOnly(job) && (
        <>
          <p>{isSigned ? say.signing.signAgain : say.signing.handOverMeans}</p>
          {nextOf(job).does !== "receipt" && (
            <Button icon="sign" onPress={() => app.handOver(job.jobId)}>
              {signed?.receipt ? say.signing.showSigned : say.next.receipt}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
