/** What the screens ask of the app, where nothing is kept: it stands for `src/here.ts` in the preview. */

import { signal } from "@preact/signals";

import type { Answer } from "../src/domain/documents";
import { apply, empty } from "../src/domain/visits";

/** What was answered in this frame so far. */
export const visit = signal(empty());

const typed = new Map<string, string>();

const acts = {
  check(_jobId: string, stepId: string, answer: Answer): void {
    visit.value = apply(visit.value, {
      event_id: stepId,
      kind: "checklist.answered",
      captured_at: new Date().toISOString(),
      data: { step_id: stepId, answer },
    });
  },
};

export const app = {
  async capture(_jobId: string, act: (does: typeof acts) => unknown): Promise<boolean> {
    await act(acts);
    return true;
  },
  mine: {
    drafts: {
      read: (name: string) => typed.get(name),
      write: (name: string, text: string) => void typed.set(name, text),
      forget: (name: string) => void typed.delete(name),
    },
  },
};
