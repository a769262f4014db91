/**
 * Every failure that a screen may show: a stable code, and a sentence in both languages that says what
 * happened, that nothing is lost (or what is), and what to do.
 *
 * A code stands small beneath its sentence, to be read out on the phone; it is the companion's where both
 * can meet the same. Why something failed in the machine's words stays in `details`, for diagnostics.
 */

import * as table from "./generated/errors.json";
import type { Language } from "./generated/words";

/** The same words in both languages. */
export type Words = Readonly<Record<Language, string>>;

/** What a sentence is filled in with (texts, numbers, words), and what diagnostics show. */
export type Details = Readonly<Record<string, unknown>>;

/** The root: thrown itself only for what nobody foresaw. */
export class Failure extends Error {
  readonly code: string = "internal";
  protected readonly words: Words = {
    en: "Something went wrong in the app. What was saved before is still on this tablet. Close the app, open it again and repeat the last step.",
    zh: "应用出现问题，之前保存的内容仍在本机。请关闭并重新打开应用，再重复上一步。",
  };

  constructor(
    readonly details: Details = {},
    options?: ErrorOptions,
  ) {
    super(JSON.stringify(details), options);
  }

  override get name(): string {
    return this.code;
  }

  /** The sentence for people, filled in with the details that it names. */
  sentence(language: Language): string {
    return this.words[language].replace(/\{(\w+)\}/g, (_, name: string) =>
      inWords(this.details[name], language),
    );
  }
}

function inWords(detail: unknown, language: Language): string {
  if (typeof detail === "string" || typeof detail === "number") {
    return String(detail);
  }
  return isWords(detail) ? detail[language] : "…";
}

function isWords(value: unknown): value is Words {
  return typeof value === "object" && value !== null && "en" in value && "zh" in value;
}

/** The failure behind anything that was thrown. */
export function failureOf(problem: unknown): Failure {
  if (problem instanceof Failure) {
    return problem;
  }
  if (problem instanceof Error && OF_STORE.has(problem.name)) {
    return ofStore(problem);
  }
  return new Failure({ why: told(problem) }, { cause: problem });
}

/** As only the store fails, by itself or through Dexie. */
const OF_STORE = new Set([
  "DatabaseClosedError",
  "OpenFailedError",
  "QuotaExceededError",
  "UnknownError",
  "VersionError",
]);

function told(problem: unknown): string {
  return problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
}

// The network and the server.

export class NetworkDown extends Failure {
  override readonly code: string = "network_down";
  protected override readonly words: Words = {
    en: "No connection. Everything is saved on this tablet and goes out by itself.",
    zh: "没有网络。所有内容已存在本机，联网后自动上传。",
  };
}

/** Something else answered in the server's place: perhaps a Wi-Fi sign-in page. */
export class ForeignAnswer extends NetworkDown {
  override readonly code = "foreign_answer";
  protected override readonly words: Words = {
    en: "This Wi-Fi lets nothing through yet. Open the browser and sign in to the Wi-Fi, or use another network. Everything is saved on this tablet.",
    zh: "当前 Wi-Fi 尚未放行。请打开浏览器登录 Wi-Fi，或更换网络。所有内容已存在本机。",
  };
}

export class ServerBusy extends Failure {
  override readonly code = "server_busy";
  protected override readonly words: Words = {
    en: "The server is busy. Everything is saved on this tablet, and the app tries again by itself.",
    zh: "服务器繁忙。所有内容已存在本机，应用会自动重试。",
  };

  /** `retryAfterS` is what the server asked for; null when it named nothing. */
  constructor(
    details: Details = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(details);
  }
}

const REFUSALS = new Map<string, Words>(Object.entries(table.refusals));

/** A refusal by the server: its code, with the sentence of our common table where we know it. */
export class ServerSaid extends Failure {
  override readonly code: string;
  protected override readonly words: Words;

  /** `said` is the server's own sentence, for a code of a later release. */
  constructor(code: string, said: string, details: Details = {}) {
    super(details);
    this.code = code;
    this.words = REFUSALS.get(code) ?? { en: said, zh: said };
  }
}

// The person.

export class SignInNeeded extends Failure {
  override readonly code: string = "sign_in_needed";
  protected override readonly words: Words = {
    en: "Please sign in again. You can go on working; what waits stays on this tablet and goes out after that.",
    zh: "请重新登录。您可以继续工作，待上传的内容保留在本机，登录后自动上传。",
  };
}

/** The office reported this tablet as lost: it was signed out, and its jobs have gone from it. */
export class DeviceLost extends SignInNeeded {
  override readonly code = "device_lost";
  protected override readonly words: Words = {
    en: "The office reported this tablet as lost, so it was signed out and its jobs are no longer on it. What was not sent yet is kept locked and goes out after a sign-in.",
    zh: "客服已将此平板标记为丢失，本机已退出登录，派工单已清除。尚未上传的内容已加锁保留，重新登录后上传。",
  };
}

export class WrongPassword extends SignInNeeded {
  override readonly code = "wrong_password";
  protected override readonly words: Words = {
    en: "Name and password do not fit. Nothing on this tablet has changed. Check both and try again.",
    zh: "用户名或密码不正确。本机内容没有变化，请检查后重试。",
  };
}

export class WrongPin extends Failure {
  override readonly code = "wrong_pin";
  protected override readonly words: Words = {
    en: "This PIN does not fit. Nothing is lost. Try again, or sign in with name and password.",
    zh: "PIN 码不正确，数据没有丢失。请重试，或使用用户名和密码登录。",
  };
}

export class PersonUnknown extends SignInNeeded {
  override readonly code = "person_not_here";
  protected override readonly words: Words = {
    en: "{username} has not signed in on this tablet yet. Sign in once while there is a connection.",
    zh: "{username} 尚未在本机登录，请在有网络时登录一次。",
  };
}

// The job.

export class JobUnknown extends Failure {
  override readonly code = "job_not_here";
  protected override readonly words: Words = {
    en: "Job {job} is not on this tablet. Nothing is lost. Get the latest jobs while there is a connection.",
    zh: "本机没有派工单 {job}，数据没有丢失。请在有网络时同步。",
  };
}

export class JobReadOnly extends Failure {
  override readonly code = "job_read_only";
  protected override readonly words: Words = {
    en: "Job {job} is no longer yours. What you did is kept and will still be sent; no more can be added. Ask the office if this is a surprise.",
    zh: "派工单 {job} 已不再属于您。已完成的工作会保留并继续上传，但不能再添加内容。如有疑问请联系客服。",
  };
}

export class NotValid extends Failure {
  override readonly code = "not_valid";
  protected override readonly words: Words = {
    en: "This cannot be kept as it is: {problems}. What you typed is still here; correct it and save again.",
    zh: "内容有误：{problems}。已填写的内容仍在，请修改后再保存。",
  };
}

export class NotHere extends Failure {
  override readonly code = "not_here";
  protected override readonly words: Words = {
    en: "Job {job} has no such entry any more. Nothing was changed. Go back and look again.",
    zh: "派工单 {job} 中已没有该项。未作任何更改，请返回查看。",
  };
}

export class SomethingMissing extends Failure {
  override readonly code = "something_missing";
  protected override readonly words: Words = {
    en: "Before you finish, this is missing: {missing}. What you did is saved. Add it, or finish all the same with a reason.",
    zh: "完工前还缺：{missing}。已完成的内容已保存。请补充，或说明原因后完工。",
  };
}

// The tablet.

/** The browser's quota. The server's own lack of room is another matter: `storage_full`. */
export class StorageFull extends Failure {
  override readonly code: string = "disk_full";
  protected override readonly words: Words = {
    en: "This tablet is full, so this was not saved. What was saved before is still here. Send what waits and free some space: delete videos or other apps, never this one. Then do it again.",
    zh: "本机存储空间已满，本次内容未保存；之前保存的内容仍在。请先上传，并清理空间：可删除视频或其他应用，切勿删除本应用。然后重试。",
  };
}

/** What room is left is for what is never refused. */
export class NoRoomForPhoto extends StorageFull {
  override readonly code = "no_room_for_photo";
  protected override readonly words: Words = {
    en: "This tablet is too full for photos, so this one was not saved. What was saved before is still here, and entries and signatures still find room. Send what waits and free some space: delete videos or other apps, never this one. Then take it again.",
    zh: "本机空间不足，无法再存照片，这张照片未保存；之前保存的内容仍在，填写的内容和签字仍可保存。请先上传，并清理空间：可删除视频或其他应用，切勿删除本应用。然后重拍。",
  };
}

/** The browser has closed the store, and would not open it again. */
export class StoreLost extends Failure {
  override readonly code = "store_broken";
  protected override readonly words: Words = {
    en: "The app cannot reach its storage, so this was not saved. Close the app and open it again. If it comes back, do not delete anything and call the office.",
    zh: "应用无法访问本机存储，本次内容未保存。请关闭并重新打开应用；如仍出现，请勿删除任何内容并联系客服。",
  };
}

export class StoreTooNew extends Failure {
  override readonly code = "store_too_new";
  protected override readonly words: Words = {
    en: "A newer version of the app has worked on this tablet. Nothing was changed. Close all of its windows and open it again while there is a connection.",
    zh: "本机数据由更新版本的应用写入，未作任何更改。请关闭应用的所有窗口，联网后重新打开。",
  };
}

export class PhotoUnreadable extends Failure {
  override readonly code = "file_unreadable";
  protected override readonly words: Words = {
    en: "This photo cannot be read and was not saved. All others are still here. Take it again, or choose another one.",
    zh: "无法读取这张照片，未保存；其他照片仍在。请重拍或另选一张。",
  };
}

export class CameraUnavailable extends Failure {
  override readonly code = "camera_unavailable";
  protected override readonly words: Words = {
    en: "The camera does not open. Nothing is lost. Allow the camera for this app in the settings and close other apps that use it, or choose a photo from the gallery with a reason.",
    zh: "无法打开相机，数据没有丢失。请在设置中允许本应用使用相机，并关闭其他正在使用相机的应用；也可说明原因后从相册选择。",
  };
}

export class NoKey extends Failure {
  override readonly code = "no_export_key";
  protected override readonly words: Words = {
    en: "The office's key is not on this tablet yet. Everything stays saved. Connect once, then export.",
    zh: "本机尚无客服中心的密钥，所有内容已保存。请先联网一次再导出。",
  };
}

/** What a store that fails means to a person: full, written by a newer version, or out of reach. */
export function ofStore(problem: unknown): Failure {
  if (problem instanceof Failure) {
    return problem;
  }
  const names = causes(problem).map((each) => each.name);
  const details = { why: told(problem) };
  if (names.includes("QuotaExceededError")) {
    return new StorageFull(details, { cause: problem });
  }
  if (names.includes("VersionError")) {
    return new StoreTooNew(details, { cause: problem });
  }
  return new StoreLost(details, { cause: problem });
}

/** An error and those it was made of: a browser names the true reason last, Dexie as `inner`. */
function causes(problem: unknown): Error[] {
  const found: Error[] = [];
  let next: unknown = problem;
  while (next instanceof Error && !found.includes(next)) {
    found.push(next);
    next = next.cause ?? (next as { inner?: unknown }).inner;
  }
  return found;
}
