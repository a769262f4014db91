/** A circle or an arrow on a copy of a photo. The photo stays as it was taken; the copy names it. */

import { useEffect, useRef, useState } from "preact/hooks";
import SignaturePad from "signature_pad";

import { failureOf } from "../errors";
import { app } from "../here";
import type { Job } from "../jobs";
import { prepare } from "../photos";
import { goInstead } from "../routes";
import { words } from "../words";
import { Button } from "./controls";
import { Nowhere } from "./frame";

const STROKE = 6; // px on the screen

export function DrawingScreen({ job, photoId }: { job: Job; photoId: string }) {
  const say = words.value.drawing;
  const photo = job.visit.photos[photoId];
  const { jobId } = job;
  const picture = useRef<HTMLImageElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);
  const [address, setAddress] = useState<string | null>(null);
  const [hasStrokes, setStrokes] = useState(false);
  const sha256 = photo?.sha256 ?? null;

  useEffect(() => {
    let made: string | null = null;
    let isHere = true;
    const show = (bytes: Uint8Array<ArrayBuffer>) => {
      if (!isHere) return;
      made = URL.createObjectURL(new Blob([bytes]));
      setAddress(made);
    };
    const fail = (problem: unknown) => (app.failure.value = failureOf(problem));
    if (sha256) app.mine.files.read(sha256).then(show, fail);
    return () => {
      isHere = false;
      pad.current?.off();
      if (made) URL.revokeObjectURL(made);
    };
  }, [sha256]);

  /** Also when the tablet is turned: then the picture lies elsewhere, and the strokes are drawn anew. */
  const begin = () => {
    if (!canvas.current || !picture.current?.naturalWidth) return;
    pad.current?.off();
    pad.current = padOver(picture.current, canvas.current);
    pad.current.addEventListener("endStroke", () => setStrokes(true));
    setStrokes(false);
  };
  useEffect(() => {
    addEventListener("resize", begin);
    return () => removeEventListener("resize", begin);
  }, []);
  const undo = () => {
    const strokes = pad.current?.toData() ?? [];
    pad.current?.fromData(strokes.slice(0, -1));
    setStrokes(strokes.length > 1);
  };
  const leave = () => goInstead({ page: "photo", jobId, photoId });
  const save = async () => {
    if (!picture.current || !canvas.current || !photo?.slot) return;
    const { slot } = photo;
    const shot = await prepare(await together(picture.current, canvas.current));
    const isKept = await app.capture(jobId, (does) =>
      does.photo(jobId, slot, shot, { drawnOn: photoId }),
    );
    if (isKept) leave();
  };

  if (!photo) return <Nowhere text={words.value.photos.unknown} />;
  return (
    <main class="drawing">
      <header class="camera-head">
        <Button kind="quiet" icon="back" onPress={leave}>
          {say.leave}
        </Button>
        <h1>{say.title}</h1>
      </header>
      <div class="drawing-surface">
        {address && <img ref={picture} src={address} alt="" onLoad={begin} />}
        <canvas ref={canvas} role="img" aria-label={say.surface} />
      </div>
      <footer class="actions">
        <p>{say.means}</p>
        <Button icon="again" isDisabled={!hasStrokes} onPress={undo}>
          {say.undo}
        </Button>
        <Button kind="strong" icon="check" isDisabled={!hasStrokes} onPress={save}>
          {say.save}
        </Button>
      </footer>
    </main>
  );
}

/** A surface exactly over what is seen of the picture; strokes of one width, in the screen's pixels. */
function padOver(picture: HTMLImageElement, surface: HTMLCanvasElement): SignaturePad {
  const room = picture.getBoundingClientRect();
  const { naturalWidth, naturalHeight } = picture;
  const share = Math.min(room.width / naturalWidth, room.height / naturalHeight);
  const [width, height] = [naturalWidth * share, naturalHeight * share];
  const ratio = Math.max(devicePixelRatio, 1);
  surface.style.width = `${width}px`;
  surface.style.height = `${height}px`;
  surface.width = width * ratio;
  surface.height = height * ratio;
  surface.getContext("2d")?.scale(ratio, ratio);
  const penColor = getComputedStyle(surface).color;
  return new SignaturePad(surface, { minWidth: STROKE / 2, maxWidth: STROKE / 2, penColor });
}

/** The picture in its own size with the strokes over it. */
async function together(picture: HTMLImageElement, strokes: HTMLCanvasElement) {
  const { naturalWidth, naturalHeight } = picture;
  const copy = new OffscreenCanvas(naturalWidth, naturalHeight);
  const brush = copy.getContext("2d");
  brush?.drawImage(picture, 0, 0, naturalWidth, naturalHeight);
  brush?.drawImage(strokes, 0, 0, naturalWidth, naturalHeight);
  return createImageBitmap(copy);
}
