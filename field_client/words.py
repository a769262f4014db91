"""What the command says, in English and Chinese. Errors bring their own sentences."""

import os
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any

from field_client import clock
from server.domain.errors import Language

Say = Callable[..., str]

WORDS: dict[str, tuple[str, str]] = {
    "signed_in": (
        "Signed in as {name}. You can work without a network from now on; run `sync` to get your jobs.",
        "已登录：{name}。现在起可离线工作；请运行 sync 获取派工单。",
    ),
    "signed_out": ("Signed out.", "已退出登录。"),
    "signed_out_waiting": (
        "Signed out. {events} events and {files} files of yours are NOT sent yet. They stay on this "
        "device and go out after you sign in here again.",
        "已退出登录。您还有 {events} 条记录和 {files} 个文件尚未上传，会保留在本机，再次登录后上传。",
    ),
    "password": ("Password: ", "密码："),
    "username": ("Username: ", "用户名："),
    "saved": ("Saved on this tablet: {what}.", "已保存在本机：{what}。"),
    "already": ("This was noted before; nothing more was written.", "此前已记录，未重复写入。"),
    "saved_photo": (
        "Saved on this tablet: {file} as photo {photo} in {slot} ({width}×{height}, {size}).",
        "已保存在本机：{file}，照片 {photo}，拍照项 {slot}（{width}×{height}，{size}）。",
    ),
    "doubt": ("  Look at it while you are here: {sentence}", "  请趁在现场检查：{sentence}"),
    "nothing_sent": (
        "Nothing was sent; it goes out with the next `sync`.",
        "尚未上传，将在下次同步时上传。",
    ),
    "no_jobs": (
        "No jobs on this device. Run `sync` while there is a network.",
        "本机没有派工单。有网络时请运行 sync。",
    ),
    "no_window": ("no appointment", "未预约"),
    "leaving": (
        "No longer yours ({reason}); your work will still be sent.",
        "已不再属于您（{reason}）；您的工作仍会上传。",
    ),
    "reason.reassigned": ("given to somebody else", "已转派他人"),
    "reason.cancelled": ("cancelled", "已取消"),
    "reason.removed": ("removed", "已移除"),
    "state.issued": ("issued", "已派工"),
    "state.accepted": ("accepted", "已接单"),
    "state.travelling": ("on the way", "路上"),
    "state.on_site": ("on site", "已到达"),
    "state.finished": ("finished", "已完工"),
    "state.verified": ("verified", "已审核"),
    "state.rework": ("rework", "需返工"),
    "state.declined": ("declined", "已拒单"),
    "state.cancelled": ("cancelled", "已取消"),
    "received.none": ("nothing announced yet", "尚未提交"),
    "received.partial": ("partly received by the office", "办公室已收到部分"),
    "received.complete": ("everything received by the office", "办公室已全部收到"),
    "job_waits": (
        "Waiting here: {events} events, {files} files.",
        "本机待上传：{events} 条记录，{files} 个文件。",
    ),
    "work": ("Work: {text}", "工作内容：{text}"),
    "customer": ("Customer: {name} {phone}", "客户：{name} {phone}"),
    "access": ("Access: {text}", "入户说明：{text}"),
    "notes": ("Notes: {text}", "备注：{text}"),
    "asset": ("Product: {name} {serial}", "产品：{name} {serial}"),
    "slots": ("Photos to take", "拍照项"),
    "slot": ("  {mark} {slot}: {label} ({have} of {need})", "  {mark} {slot}:{label}({have}/{need})"),
    "steps": ("Checklist", "检查项"),
    "step": ("  {mark} {step}: {label}{answer}", "  {mark} {step}:{label}{answer}"),
    "choices": ("      one of: {values}", "      可选：{values}"),
    "photos": ("Photos taken", "已拍照片"),
    "photo": ("  {photo} {slot} {state}, {received}", "  {photo} {slot} {state},{received}"),
    "photo.taken": ("kept", "有效"),
    "photo.discarded": ("discarded", "已作废"),
    "photo.lost": ("lost", "已丢失"),
    "file.waiting": ("on this tablet, not sent yet", "在本机，未上传"),
    "file.stored": ("with the office", "已上传"),
    "file.lost": ("lost on this device", "本机已丢失"),
    "planned": ("Planned parts", "计划配件"),
    "used": ("Parts used", "已用配件"),
    "part": ("  {quantity} × {name} ({sku})", "  {quantity} × {name}({sku})"),
    "line": ("  {line} {quantity} × {sku} {charge}{voided}", "  {line} {quantity} × {sku} {charge}{voided}"),
    "voided": (" (taken back)", "（已撤销）"),
    "from_customer": ("From the customer: {count} photos. {notes}", "客户发来 {count} 张照片。{notes}"),
    "history": ("Earlier visits", "历史上门"),
    "earlier": ("  {job} {at} {outcome} {words}", "  {job} {at} {outcome} {words}"),
    "retakes": ("Take again", "需重拍"),
    "retake": ("  {slot}: {reason} (photo {photo})", "  {slot}：{reason}（照片 {photo}）"),
    "missing": ("Still missing before finishing", "完工前还缺"),
    "missing.arrival": ("the arrival (`arrive`)", "到达记录（arrive）"),
    "missing.photo_slot": ("a photo for {label} (`photo … {subject}`)", "照片：{label}（photo … {subject}）"),
    "missing.checklist_step": ("an answer to “{label}” (`check … {subject}`)", "检查项“{label}”（check … {subject}）"),
    "missing.receipt": ("the receipt (`sign`)", "回执签字（sign）"),
    "missing.parts": ("{subject}", "{subject}"),
    "between": (", ", "、"),
    "receipt": ("Receipt: {state} {name} {code}", "回执：{state} {name} {code}"),
    "receipt.presented": ("shown", "已出示"),
    "receipt.signed": ("signed", "已签字"),
    "receipt.unsigned": ("not signed", "未签字"),
    "receipt_code": ("Code of this receipt: {code}", "回执码：{code}"),
    "signed": (
        "Signed by {name}. Code of the receipt: {code}. Saved on this tablet.",
        "{name} 已签字。回执码：{code}。已保存在本机。",
    ),
    "finished": (
        "Finished and saved on this tablet: {events} events and {files} files were announced.",
        "已完工并保存在本机：共登记 {events} 条记录、{files} 个文件。",
    ),
    "sync_sent": (
        "Sent: {events} events, {files} files ({size}).",
        "已上传：{events} 条记录、{files} 个文件（{size}）。",
    ),
    "sync_received": ("Changes received: {changes}.", "已接收：{changes} 项更新。"),
    "sync_done": ("Everything on this device is with the office.", "本机内容已全部上传。"),
    "sync_waits": (
        "Still waiting on this tablet: {events} events, {files} files. Nothing is lost; sync again later.",
        "本机仍待上传：{events} 条记录、{files} 个文件。数据没有丢失，请稍后再同步。",
    ),
    "status.recorded": (
        "{count} kept for the office to look at (the job had changed meanwhile).",
        "{count} 条已保留待办公室处理（派工单已有变化）。",
    ),
    "status.held": (
        "{count} kept until what came before them arrives.",
        "{count} 条已保留，等待前序记录到达。",
    ),
    "status.quarantined": (
        "{count} kept in quarantine; somebody in the office will look.",
        "{count} 条已隔离保存，办公室将处理。",
    ),
    "notice.device_revoked": (
        "This device was taken out of service: it receives nothing more, but its work still goes out.",
        "该设备已停用：不再接收派工，但已有工作仍会上传。",
    ),
    "notice.storage_full": (
        "The server is short of space: photos wait on this tablet and go out later.",
        "服务器空间不足：照片保留在本机，稍后上传。",
    ),
    "notice.client_too_old": (
        "This app is too old to receive jobs; please update it. Its work still goes out.",
        "应用版本过旧，无法接收派工，请更新；已有工作仍会上传。",
    ),
    "who": ("{name} ({username}), server {server}", "{name}（{username}），服务器 {server}"),
    "last_sync": ("Last contact with the server: {at}", "上次与服务器通信：{at}"),
    "never": ("never", "从未"),
    "all_sent": ("Nothing waits: everything is with the office.", "没有待上传内容，已全部上传。"),
    "waits": (
        "Saved on this tablet and waiting: {events} events, {files} files ({size}), the oldest since {oldest}.",
        "已保存在本机待上传：{events} 条记录、{files} 个文件（{size}），最早 {oldest}。",
    ),
    "photo_states": ("Photos: {states}", "照片：{states}"),
    "storage": ("Storage: {used} of files, {free} free", "存储：文件 {used}，剩余 {free}"),
    "storage_low": (
        "LOW ON SPACE: sync and free some, before photos can no longer be saved.",
        "空间不足：请同步并清理，否则照片将无法保存。",
    ),
    "clock": ("Clock: {offset} s off the server's", "时钟：与服务器相差 {offset} 秒"),
    "clock_unknown": ("Clock: not compared with the server yet", "时钟：尚未与服务器校对"),
    "clock_suspect": (
        "THE CLOCK OF THIS DEVICE IS WRONG by {offset} s. Please set it; times are corrected and flagged.",
        "本机时钟相差 {offset} 秒，请校准；时间将被修正并标记。",
    ),
    "exported": (
        "Exported {events} events and {files} files to {file} ({size}), readable by the office only. "
        "Everything stays on this tablet too.",
        "已导出 {events} 条记录和 {files} 个文件到 {file}（{size}），仅办公室可读。本机内容仍保留。",
    ),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "problem.missing": ("{field} is missing", "缺少 {field}"),
    "problem.not_valid": ("{field} cannot be used", "{field} 无效"),
    "problem.not_yes_no": ("{field} takes yes or no", "{field} 应为 是/否"),
    "problem.not_a_number": ("{field} takes a number", "{field} 应为数字"),
    "problem.below_minimum": ("{field} is below the least allowed", "{field} 低于下限"),
    "problem.above_maximum": ("{field} is above the most allowed", "{field} 高于上限"),
    "problem.not_a_choice": ("{field} is none of the choices", "{field} 不在选项中"),
    "problem.not_text": ("{field} takes text", "{field} 应为文字"),
    "problem.too_short": ("{field} is too short", "{field} 过短"),
    "problem.too_long": ("{field} is too long", "{field} 过长"),
    "problem.not_a_photo": ("{field} takes photos", "{field} 应为照片"),
    "kind.job.accepted": ("job accepted", "接单"),
    "kind.job.declined": ("job declined", "拒单"),
    "kind.travel.started": ("on the way", "出发"),
    "kind.visit.arrived": ("arrived", "到达"),
    "kind.visit.assessed": ("assessment", "现场评估"),
    "kind.checklist.answered": ("checklist answer", "检查项"),
    "kind.photo.discarded": ("photo discarded", "照片作废"),
    "kind.part.used": ("part used", "使用配件"),
    "kind.part.voided": ("part taken back", "撤销配件"),
    "kind.part.requested": ("part requested", "申请配件"),
    "kind.serial.swapped": ("serial numbers swapped", "更换序列号"),
    "kind.note.added": ("note", "备注"),
    "kind.lead.noted": ("lead", "商机"),
    "kind.receipt.unsigned": ("why the receipt is not signed", "回执未签原因"),
}  # fmt: skip


def speaker(language: Language) -> Say:
    """A function from a word's name and its values to the sentence."""
    column = 1 if language == "zh" else 0

    def say(name: str, /, **values: Any) -> str:
        return WORDS[name][column].format_map(values)

    return say


def named(say: Say, name: str, otherwise: Any = None) -> str:
    """The word of that name, or the plain value for one that a later server invented."""
    return say(name) if name in WORDS else str(otherwise if otherwise is not None else name)


def choose(asked: str | None, person: str | None = None) -> Language:
    """The language: asked for, else the person's, else the machine's."""
    machine = next(
        (os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), ""
    )
    return "zh" if (asked or person or machine).lower().startswith("zh") else "en"


def plain(text: Any) -> str:
    """Somebody else's text for a terminal: nothing in it may steer the terminal."""
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs") else "\ufffd"
        for letter in str(text)
    )


def at(text: Any, zone: str | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """A moment on the wall clock of a zone; the text itself when it is not a moment."""
    moment = clock.parse(text)
    if moment is None:
        return plain(text or "")
    return _in(moment, zone).strftime(pattern)


def _in(moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(clock.zone_of(zone)) if zone else moment


def size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1 << 10:
        return f"{count} B"
    if count < 1 << 20:
        return f"{count / (1 << 10):.0f} KiB"
    if count < 1 << 30:
        return f"{count / (1 << 20):.1f} MiB"
    return f"{count / (1 << 30):.1f} GiB"
