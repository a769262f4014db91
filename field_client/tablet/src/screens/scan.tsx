/** A button that reads a code into a field. It is there as soon as codes can be read on this tablet. */

import { useEffect, useRef, useState } from "preact/hooks";

import { CameraUnavailable, failureOf, type Failure } from "../errors";
import { app } from "../here";
import { canScan, firstCode, prepareToScan } from "../scanning";
import { words } from "../words";
import { Button, Dialog, Field, Notice } from "./controls";
import { FailureNotice } from "./errors";

interface ScanFacts {
  /** What is scanned: the name of the field that the code goes into. */
  label: string;
  onCode: (code: string) => void;
}

export function ScanButton({ label, onCode }: ScanFacts) {
  const say = words.value.scan;
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    void prepareToScan();
  }, [app.isOnline.value]);
  if (!canScan.value) return null;
  const found = (code: string) => {
    setOpen(false);
    onCode(code);
  };
  return (
    <>
      <Button icon="scan" label={say.of(label)} onPress={() => setOpen(true)}>
        {say.scan}
      </Button>
      {isOpen && <Scanner label={label} onCode={found} onClose={() => setOpen(false)} />}
    </>
  );
}

interface FieldFacts {
  label: string;
  value: string;
  onInput: (value: string) => void;
  kind?: "text" | "search";
  /** What a code does where it does more than fill the field. */
  onCode?: (code: string) => void;
}

/** A field for a number that also stands on the thing as a code. */
export function CodeField({ label, value, onInput, kind = "text", onCode }: FieldFacts) {
  return (
    <div class="code-field">
      <Field kind={kind} label={label} value={value} onInput={onInput} />
      <ScanButton label={label} onCode={onCode ?? onInput} />
    </div>
  );
}

function Scanner({ label, onCode, onClose }: ScanFacts & { onClose: () => void }) {
  const say = words.value.scan;
  const video = useRef<HTMLVideoElement>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const stopping = new AbortController();
    const scan = async (shown: HTMLVideoElement) => {
      await app.mine.drafts.settled();
      const code = await firstCode(shown, stopping.signal);
      if (code !== null) onCode(code);
    };
    const failed = (problem: unknown) => {
      if (!stopping.signal.aborted) setFailure(failureOf(problem));
    };
    if (video.current) scan(video.current).catch(failed);
    return () => stopping.abort();
  }, []);
  return (
    <Dialog title={say.of(label)} onClose={onClose}>
      {failure ? (
        <NoPicture failure={failure} />
      ) : (
        <>
          <div class="scanner">
            <video ref={video} autoplay muted playsInline aria-label={words.value.camera.live} />
            <svg class="outline" viewBox="0 0 400 300" aria-hidden="true">
              <rect x="60" y="90" width="280" height="120" rx="8" />
            </svg>
          </div>
          <p role="status">{say.hold}</p>
        </>
      )}
    </Dialog>
  );
}

function NoPicture({ failure }: { failure: Failure }) {
  if (!(failure instanceof CameraUnavailable)) return <FailureNotice failure={failure} />;
  return (
    <Notice tone="risk" isUrgent code={failure.code}>
      <p>{words.value.scan.noCamera}</p>
    </Notice>
  );
}
