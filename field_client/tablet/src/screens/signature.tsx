/** A signature by finger or pen: thin where fast, thick where pressed; undo and clear. */

import { useEffect, useRef, useState } from "preact/hooks";
import SignaturePad from "signature_pad";

import { app } from "../here";
import { type Words } from "../words";
import { Button } from "./controls";

interface PadFacts {
  say: Words;
  /** The strokes as they are now; null when there are none. */
  onChange: (pad: SignaturePad | null) => void;
}

export function Signature({ say, onChange }: PadFacts) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);

  useEffect(() => {
    const surface = canvas.current;
    if (!surface) return;
    const made = new SignaturePad(surface, {
      minWidth: 0.8,
      maxWidth: 3,
      penColor: getComputedStyle(surface).color,
    });
    pad.current = made;
    const fit = () => fitted(surface, made);
    const watch = new ResizeObserver(fit);
    watch.observe(surface);
    made.addEventListener("endStroke", () => onChange(made));
    return () => {
      watch.disconnect();
      made.off();
    };
  }, []);

  const undo = () => {
    const strokes = pad.current?.toData() ?? [];
    pad.current?.fromData(strokes.slice(0, -1));
    tell();
  };
  const clear = () => {
    pad.current?.clear();
    tell();
  };
  const tell = () => onChange(pad.current?.isEmpty() === false ? pad.current : null);

  return (
    <div class="signature">
      <p id="signature-label">{say.receipt.signHere}</p>
      <canvas ref={canvas} role="img" aria-labelledby="signature-label" />
      <div class="actions">
        <Button kind="quiet" icon="again" onPress={undo}>
          {say.receipt.undo}
        </Button>
        <Button kind="quiet" icon="cross" onPress={clear}>
          {say.receipt.clear}
        </Button>
      </div>
    </div>
  );
}

/** What was signed, from the sealed bytes. */
export function SignaturePicture({ sha256, say }: { sha256: string; say: Words }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let isHere = true;
    const show = (bytes: Uint8Array<ArrayBuffer>) => {
      if (!isHere) return;
      made = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
      setAddress(made);
    };
    void app.mine.files.read(sha256).then(show, () => undefined); // sent long ago: not here any more
    return () => {
      isHere = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [sha256]);
  return address && <img class="signature-picture" src={address} alt={say.receipt.signature} />;
}

const LONGEST = 1200;

/** As many pixels as the screen has; what was drawn before stays. */
function fitted(surface: HTMLCanvasElement, pad: SignaturePad): void {
  const strokes = pad.toData();
  const ratio = Math.max(devicePixelRatio, 1);
  const { width, height } = surface.getBoundingClientRect();
  if (width === 0) return;
  surface.width = Math.min(width * ratio, LONGEST * ratio);
  surface.height = height * ratio;
  surface.getContext("2d")?.scale(ratio, ratio);
  pad.clear();
  pad.fromData(strokes);
}

/** The signature as the bytes of a PNG. */
export async function pictureOf(pad: SignaturePad): Promise<Uint8Array<ArrayBuffer>> {
  const answer = pad.toDataURL("image/png").split(",")[1] ?? "";
  return Uint8Array.from(atob(answer), (letter) => letter.charCodeAt(0));
}
