/** Small pictures of the sealed photos on this tablet, made when they are first seen. */

import type { Files } from "./files";

const EDGE = 320;
const MOST = 80; // some 2 MB; beyond that the one that was not seen for longest goes

export class Thumbnails {
  private readonly made = new Map<string, Promise<string>>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly files: Files) {}

  /** An address for `<img>`. Rejects with FileDamaged where the bytes are not here. */
  async of(sha256: string): Promise<string> {
    const known = this.made.get(sha256);
    const picture = known ?? this.inTurn(sha256);
    this.made.delete(sha256);
    this.made.set(sha256, picture);
    if (!known) this.forgetOldest();
    return picture;
  }

  /** One at a time: an old tablet holds one decoded picture, not sixty. */
  private inTurn(sha256: string): Promise<string> {
    const picture = this.turn.then(() => this.make(sha256));
    this.turn = picture.catch(() => this.made.delete(sha256));
    return picture;
  }

  private async make(sha256: string): Promise<string> {
    const whole = new Blob([await this.files.read(sha256)]);
    const bitmap = await createImageBitmap(whole);
    try {
      const share = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
      const [width, height] = [bitmap.width * share, bitmap.height * share].map(Math.ceil);
      const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      return URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 }));
    } finally {
      bitmap.close();
    }
  }

  private forgetOldest(): void {
    for (const [sha256, picture] of this.made) {
      if (this.made.size <= MOST) return;
      this.made.delete(sha256);
      void picture.then(URL.revokeObjectURL, () => undefined);
    }
  }

  close(): void {
    for (const picture of this.made.values()) {
      void picture.then(URL.revokeObjectURL, () => undefined);
    }
    this.made.clear();
  }
}
