"""Every way in which Doorstep says no, with a code that never changes and what a device does next.

A code is public: it is never renamed and never used again for something else. The kind of an error
(the class it inherits from) decides its HTTP status in `server/errors.py`; the sentence says what
happened, that nothing is lost, and what to do. Details are plain JSON values.
"""

from enum import StrEnum
from typing import Any, ClassVar, Literal

Language = Literal["en", "zh"]


class DeviceStep(StrEnum):
    """What a device does with the thing that met this error."""

    FORGET = "forget"
    RESEND = "resend"
    PARK = "park"


class DoorstepError(Exception):
    """The root: never raised itself."""

    code: ClassVar[str] = "internal"
    device: ClassVar[DeviceStep] = DeviceStep.PARK
    en: ClassVar[str] = "Something went wrong on our side. Nothing is lost; please try again."
    zh: ClassVar[str] = "系统出现问题，数据没有丢失，请稍后再试。"

    def __init__(self, *, retry_after_s: int | None = None, **details: Any) -> None:
        self.details = details
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.code} {details}" if details else self.code)

    def sentence(self, language: Language = "en") -> str:
        """The sentence for people, filled in with the details it names."""
        return (self.zh if language == "zh" else self.en).format_map(_Lenient(self.details))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


# The kinds. Only these are known to HTTP.


class Invalid(DoorstepError):
    code = "invalid"
    en = "Some of this cannot be used as it is. Nothing was changed."
    zh = "内容有误，未作任何更改。"


class BadRequest(DoorstepError):
    code = "bad_request"
    en = "This request could not be read. Nothing was changed."
    zh = "无法读取该请求，未作任何更改。"


class MethodNotAllowed(BadRequest):
    code = "method_not_allowed"
    en = "This address does not take this method; `Allow` names those it takes."
    zh = "该地址不支持此方法，可用方法见 Allow。"


class NotSignedIn(DoorstepError):
    code = "not_signed_in"
    device = DeviceStep.RESEND
    en = "Please sign in. What is waiting on this device stays there."
    zh = "请登录。本机待发送的内容会保留。"


class NotAllowed(DoorstepError):
    code = "not_allowed"
    en = "Your role does not include this. A supervisor can do it or change your role."
    zh = "您的角色没有此权限，请联系主管。"


class DecidedByOthers(NotAllowed):
    """`who` is the role that the branch's rule names."""

    code = "decided_by_others"
    en = "By the branch's rule this is for the {who} or a supervisor to decide. Nothing was changed; ask them."
    zh = "按门店规则，此事由{who}或主管决定，未作任何更改，请联系他们。"

    def sentence(self, language: Language = "en") -> str:
        role = str(self.details.get("who"))
        english, chinese = ROLE_WORDS.get(role, (role, role))
        said = self.zh if language == "zh" else self.en
        return said.format(who=chinese if language == "zh" else english)


# Those who may be named as whose decision something is (`server/domain/revisits.py`), in words.
ROLE_WORDS = {
    "advisor": ("advisor", "客服顾问"),
    "dispatcher": ("dispatcher", "调度员"),
    "supervisor": ("supervisor", "客服主管"),
}


class RequestForged(NotAllowed):
    code = "request_forged"
    en = "This did not come from a page of this sign-in. Nothing was changed; open the page again and repeat it."
    zh = "该请求并非来自当前登录的页面,未作任何更改,请重新打开页面后再试。"


class NotFound(DoorstepError):
    code = "not_found"
    en = "There is nothing here that you can see."
    zh = "没有找到您可以查看的内容。"


class Conflict(DoorstepError):
    code = "conflict"
    en = (
        "This does not fit what has happened meanwhile. Nothing was changed; look again and decide."
    )
    zh = "情况已发生变化，未作任何更改，请重新查看后再决定。"


class Gone(DoorstepError):
    code = "gone"
    en = "This is no longer here."
    zh = "该内容已不存在。"


class ChangedMeanwhile(DoorstepError):
    code = "changed_meanwhile"
    en = "Somebody else changed this since you opened it. Nothing was changed; load it again."
    zh = "您打开后他人已修改，未作任何更改，请重新载入。"


class VersionMissing(DoorstepError):
    code = "version_missing"
    en = "Say which version you are changing: send its ETag as If-Match."
    zh = "请在 If-Match 中提供您所修改的版本（ETag）。"


class TooLarge(DoorstepError):
    code = "too_large"
    en = "This is larger than the server takes at once. Nothing is lost; send it in smaller pieces."
    zh = "内容超过服务器一次接收的上限，数据没有丢失，请分批发送。"


class Unsupported(DoorstepError):
    code = "unsupported_type"
    en = "The server does not take this type of content here."
    zh = "服务器在此处不接受这种类型的内容。"


class ClientTooOld(DoorstepError):
    code = "client_too_old"
    en = "This app is too old to receive jobs. Its work still goes out; please update."
    zh = "应用版本过旧，无法接收派工；已有工作仍可上传，请更新。"


class TooMany(DoorstepError):
    code = "too_many_requests"
    device = DeviceStep.RESEND
    en = "Too many tries in a short time. Wait a moment; nothing is lost."
    zh = "操作过于频繁，请稍候再试，数据没有丢失。"


class Busy(DoorstepError):
    code = "busy"
    device = DeviceStep.RESEND
    en = "The server is busy. Nothing is lost; it will be tried again."
    zh = "服务器繁忙，数据没有丢失，将自动重试。"


class Locked(DoorstepError):
    code = "locked"
    device = DeviceStep.RESEND
    en = "Another request is working on this. Wait a second and go on."
    zh = "另一个请求正在处理，请稍候继续。"


class StorageFull(DoorstepError):
    code = "storage_full"
    device = DeviceStep.RESEND
    en = "The server is short of space for new files. Nothing is lost; keep the photos, they go out later."
    zh = "服务器存储空间不足，数据没有丢失，照片请保留，稍后会自动上传。"


class ChecksumMismatch(DoorstepError):
    code = "checksum_mismatch"
    device = DeviceStep.RESEND
    en = "The bytes that arrived are not the bytes that were promised. They were thrown away; send them again."
    zh = "收到的数据与校验值不符，已丢弃，请重新发送。"


# The customer file.


class MergeImpossible(Conflict):
    code = "merge_impossible"
    en = "These two cannot become one customer. Nothing was changed; look at both and choose again."
    zh = "这两位客户无法合并，未作任何更改，请核对后重新选择。"


class MergeNotUndone(Conflict):
    code = "merge_not_undone"
    en = "This merge can no longer be taken back. Nothing was changed."
    zh = "该合并已无法撤销，未作任何更改。"


class CustomerErased(Conflict):
    code = "customer_erased"
    en = "The data of this customer was erased, so nothing is written here any more. Nothing was changed."
    zh = "该客户的资料已被删除，不能再写入，未作任何更改。"


class ReceiptErased(Gone):
    code = "receipt_erased"
    en = "The words of this receipt were erased with the customer's data. Its digest and its figures are kept."
    zh = "该回执的文字已随客户资料删除，其摘要和数字仍然保留。"


class ErasureRefused(Conflict):
    code = "erasure_refused"
    en = "This customer cannot be erased yet. Nothing was changed; the page lists what is in the way."
    zh = "该客户暂时不能删除，未作任何更改，页面列出了原因。"


# Signing in and devices.


class WrongPassword(NotSignedIn):
    code = "wrong_password"
    device = DeviceStep.PARK
    en = "Name and password do not fit. Check both and try again."
    zh = "用户名或密码不正确，请检查后重试。"


class SecondFactorRequired(NotSignedIn):
    code = "second_factor_required"
    en = "This role signs in with a code of the authenticator app, too. Whoever has none yet sets it up at the office's door."
    zh = "该角色登录时还需要身份验证器的动态码；尚未设置的，请先在办公室登录页设置。"


class WrongCode(NotSignedIn):
    code = "wrong_code"
    device = DeviceStep.PARK
    en = "This code does not fit, or it was used before. Wait for the next one and type that."
    zh = "动态码不正确或已被使用，请等待下一个动态码后再输入。"


class TokenExpired(NotSignedIn):
    code = "token_expired"
    en = "The sign-in has run out. It is renewed by itself; what is waiting stays."
    zh = "登录已过期，将自动续期，待发送内容会保留。"


class TokenInvalid(NotSignedIn):
    code = "token_invalid"


class TokenRevoked(NotSignedIn):
    code = "token_revoked"
    en = "This sign-in was ended. Sign in again; what is waiting on this device stays there."
    zh = "该登录已被终止，请重新登录；本机待发送的内容会保留。"


class TokenReused(NotSignedIn):
    code = "token_reused"
    en = "An old sign-in was used a second time, so all of its devices were signed out. Sign in again; nothing is lost."
    zh = "检测到旧登录被重复使用，已全部退出，请重新登录，数据没有丢失。"


class PasswordTooShort(Invalid):
    code = "password_too_short"
    en = "A password needs at least {minimum} characters."
    zh = "密码至少需要 {minimum} 个字符。"


class PasswordTooLong(Invalid):
    code = "password_too_long"
    en = "A password has at most {maximum} characters."
    zh = "密码最多 {maximum} 个字符。"


class PasswordTooCommon(Invalid):
    code = "password_too_common"
    en = "This password is one of the first that are guessed. Choose another."
    zh = "该密码过于常见，请另选一个。"


class InvitationOver(Gone):
    code = "invitation_over"
    en = "This link was used, has run out, or was followed by another one. Ask whoever sent it for a new one."
    zh = "该链接已使用、已过期或已被新链接取代，请向发送人索取新的链接。"


class DeviceRevoked(NotAllowed):
    code = "device_revoked"
    en = "This device was taken out of service. Its waiting work is still accepted."
    zh = "该设备已停用，待发送的工作仍会被接收。"


class DeviceUnknown(NotAllowed):
    code = "device_unknown"
    en = "This device is not enrolled for you. Enrol it first; nothing is lost."
    zh = "该设备尚未登记，请先登记，数据没有丢失。"


# Writing through the API.


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    en = "This Idempotency-Key was used before for another request. Nothing was changed; take a new one."
    zh = "该 Idempotency-Key 已用于其他请求，未作任何更改，请更换。"


class FormSentAlready(Conflict):
    code = "form_sent_already"
    en = (
        "This form was sent before, and what it asked for was done. What was changed in it since was not: "
        "open the form anew and send that."
    )
    zh = "此表单已提交过，当时的内容已生效；之后改动的内容没有生效，请重新打开表单再提交。"


class InProgress(Conflict):
    code = "in_progress"
    device = DeviceStep.RESEND
    en = "The same request is still being worked on. Wait two seconds and ask again."
    zh = "相同的请求正在处理，请两秒后再试。"


class ReferenceUnknown(Invalid):
    code = "reference_unknown"
    en = "{field} names something that is not here or not yours to see."
    zh = "{field} 指向不存在或您无权查看的内容。"


class AlreadyThere(Conflict):
    code = "already_there"
    en = "There is one with this {field} already."
    zh = "已存在相同的 {field}。"


class ReasonMissing(Invalid):
    code = "reason_missing"
    en = "This needs a reason; it is kept with the decision."
    zh = "需要填写原因，原因会随决定一并保存。"


# Jobs and tickets.


class StepNotPossible(Conflict):
    code = "step_not_possible"
    en = "This cannot be done while it is {state}."
    zh = "当前状态（{state}）下无法执行此操作。"


class LinkOver(Gone):
    code = "link_over"
    en = "This link does not work any more: the picture is here, or nobody needs it any more. Thank you."
    zh = "该链接已失效：照片已收到，或已不再需要。谢谢。"


class CustomerLinkOver(Gone):
    code = "customer_link_over"
    en = "This link does not work any more. Nothing is lost; the shop sends you a new one."
    zh = "该链接已失效，您的资料没有丢失，请联系门店获取新链接。"


class SlotTaken(Conflict):
    code = "slot_taken"
    en = "This appointment is not free any more. Nothing was changed; please choose another one."
    zh = "该时段已被占用，未作任何更改，请另选时间。"


class VerdictStands(Conflict):
    code = "verdict_stands"
    en = "This verdict can no longer be taken back. Nothing was changed; judge the visit anew instead."
    zh = "该审核结论已不能撤销，未作任何更改。请重新审核。"


class JudgedMeanwhile(Conflict):
    code = "judged_meanwhile"
    en = "Somebody else has judged this meanwhile. Nothing was changed; what you typed is still here."
    zh = "其他同事已作出审核，未作任何更改，您输入的内容仍在。"


class CertificateMissing(Invalid):
    code = "certificate_missing"
    en = "{person} has no valid certificate for {certificate}. This cannot be overridden."
    zh = "{person} 没有有效的 {certificate} 证书，无法强制派工。"


class JobHasWarnings(Conflict):
    code = "job_has_warnings"
    en = "There are warnings on this job. Give a reason to issue it all the same."
    zh = "该派工存在警告，如需继续请填写原因。"


class TicketStillWaits(Conflict):
    code = "ticket_still_waits"
    en = "This ticket still waits for something. Closing it by hand needs a reason that is kept."
    zh = "该工单仍有未完成事项，手动关闭需要填写并保存原因。"


# Sync and media.


class BadEnvelope(BadRequest):
    code = "bad_envelope"
    en = "The batch could not be read. Nothing is lost: send it in halves."
    zh = "无法读取该批数据，数据没有丢失，请拆分后重发。"


class CursorGone(Gone):
    code = "cursor_gone"
    device = DeviceStep.RESEND
    en = "Too much has happened since. A fresh snapshot is needed; what is waiting stays."
    zh = "变化过多，需要重新获取快照，待发送内容会保留。"


class UploadGone(Gone):
    code = "upload_gone"
    device = DeviceStep.RESEND
    en = "This upload is no longer open. Check what the server has and begin again."
    zh = "该上传已关闭，请核对后重新开始。"


class OffsetMismatch(Conflict):
    code = "offset_mismatch"
    device = DeviceStep.RESEND
    en = "The server stands at another place in this file. Ask where, and go on from there."
    zh = "服务器的接收位置不同，请查询后从该处继续。"


class BodyCut(BadRequest):
    code = "body_cut"
    device = DeviceStep.RESEND
    en = "The connection was cut in the middle. What arrived is kept; go on from there."
    zh = "连接中断，已收到的部分已保存，请从断点继续。"


class TusVersionUnknown(ChangedMeanwhile):
    code = "tus_version_unknown"
    en = "Uploads speak version 1.0.0 of tus; say so in `Tus-Resumable`. Nothing was changed."
    zh = "上传使用 tus 1.0.0 协议，请在 Tus-Resumable 中注明，未作任何更改。"


class HashMissing(Invalid):
    code = "hash_missing"
    en = "Name the SHA-256 of the whole file (64 hex digits) as `sha256` in `Upload-Metadata`."
    zh = "请在 Upload-Metadata 的 sha256 中提供整个文件的 SHA-256（64 位十六进制）。"


# Pictures.


class PictureNotReady(Conflict):
    code = "picture_not_ready"
    device = DeviceStep.RESEND
    en = "This picture has arrived and is still being checked. Ask again in a moment."
    zh = "图片已收到，正在检查中，请稍后再试。"


class DocumentNotReady(Conflict):
    code = "document_not_ready"
    device = DeviceStep.RESEND
    en = "This document is being made. Ask for it again in a moment."
    zh = "文件正在生成，请稍后再试。"


class NotAnImage(Invalid):
    code = "not_an_image"
    en = "This file is not a picture that can be shown (JPEG, PNG, WebP or HEIC)."
    zh = "该文件不是可显示的图片（JPEG、PNG、WebP 或 HEIC）。"


class ImageTooLarge(Invalid):
    code = "image_too_large"
    en = "This picture has more pixels than can be handled ({megapixels} megapixels)."
    zh = "图片像素过大（{megapixels} 百万像素），无法处理。"


class ImageTooCostly(Invalid):
    code = "image_too_costly"
    en = "This picture needs more time or memory than it may. The original is kept."
    zh = "处理该图片所需的时间或内存超限，原图已保留。"


class PictureTooHeavy(Invalid):
    code = "picture_too_heavy"
    en = "This picture is larger than {most_mb} MB, so it was not taken. Send a smaller copy of it."
    zh = "该图片大于 {most_mb} MB，未能接收。请发送较小的副本。"


class PicturesEnough(Conflict):
    code = "pictures_enough"
    en = "There are {most} photos already, as many as fit here. This one was not taken."
    zh = "这里已有 {most} 张照片，达到上限，这一张未能接收。"


class ExaminerDown(Busy):
    code = "examiner_down"
    en = "Pictures cannot be examined at this moment. Nothing is lost; it will be tried again."
    zh = "暂时无法检查图片，数据没有丢失，将自动重试。"


# Files.


class FileUnknown(NotFound):
    code = "file_unknown"
    en = "The server has no such file."
    zh = "服务器上没有该文件。"


class BoxUnreadable(Invalid):
    code = "box_unreadable"
    en = "This black box cannot be opened: it was cut, altered, or made for another server. Keep the file."
    zh = "无法打开该黑匣子文件：文件不完整、被改动或属于其他服务器。请保留该文件。"


# Spreadsheets.


class SpreadsheetUnreadable(Invalid):
    """`why`: empty, not_text, quotes (with `row`), old_office, damaged, not_a_workbook."""

    code = "spreadsheet_unreadable"
    en = "This file cannot be read as a table. Nothing was changed. Save it as CSV or as an Excel workbook (.xlsx) and send it again."
    zh = "无法将该文件读作表格，未作任何更改。请另存为 CSV 或 Excel 工作簿（.xlsx）后重新上传。"


class SpreadsheetTooLarge(Invalid):
    """There is more of `what` than `most`: bytes, rows, columns, characters (of a cell), parts."""

    code = "spreadsheet_too_large"
    en = "This table is larger than can be taken at once. Nothing was changed. Split it and send the pieces one after the other."
    zh = "表格超过一次可处理的上限，未作任何更改。请拆分后依次上传。"


class ImportOutdated(Conflict):
    code = "import_outdated"
    en = "What is there has changed since this comparison was made. Nothing was written. Look at the new comparison below and decide again."
    zh = "比对之后数据已有变化，未写入任何内容。请查看下方新的比对结果后再决定。"


# Backups.


class BackupDamaged(Invalid):
    code = "backup_damaged"
    en = "This backup is not whole: {file} is missing, was cut, altered, or belongs to another backup. Nothing was changed. Use another copy of it, or an earlier backup."
    zh = "备份不完整：{file} 缺失、被截断、被改动或属于其他备份。未作任何更改，请使用另一份副本或更早的备份。"


class BackupKeyWrong(Invalid):
    code = "backup_key_wrong"
    en = "This key does not open the backups in {target}. Nothing was changed. Use the key that they were made with."
    zh = "此密钥无法打开 {target} 中的备份，未作任何更改。请使用制作备份时的密钥。"


class BackupTooNew(Invalid):
    code = "backup_too_new"
    en = "This backup was made by a newer Doorstep ({what}). Nothing was changed. Install that version or a later one, and try again."
    zh = "此备份由更新版本的 Doorstep 制作（{what}），未作任何更改。请安装该版本或更高版本后重试。"


class BackupUnknown(NotFound):
    code = "backup_unknown"
    en = "There is no such backup in {target}. Nothing was changed. These are there: {there}."
    zh = "{target} 中没有该备份，未作任何更改。现有备份：{there}。"


class BackupTargetForeign(Conflict):
    code = "backup_target_foreign"
    en = "{target} holds other things than backups of Doorstep. Nothing was changed. Name an empty folder or the one of the last backup."
    zh = "{target} 中有 Doorstep 备份以外的内容，未作任何更改。请指定空文件夹或上次备份所用的文件夹。"


class BackupBusy(Locked):
    code = "backup_busy"
    en = "Another backup or restore is at work on {target}. Nothing was changed. Wait until it has ended, and try again."
    zh = "另一个备份或恢复正在使用 {target}，未作任何更改。请等待其结束后重试。"


class BackupNotKept(Conflict):
    code = "backup_not_kept"
    en = "{file} reads back otherwise than it was written: this disk cannot be trusted. The earlier backups are as they were. Use another disk."
    zh = "{file} 读回的内容与写入的不同，此磁盘不可靠。先前的备份保持原样，请改用其他磁盘。"


class BackupNoRoom(StorageFull):
    code = "backup_no_room"
    en = "There is no room left on {target}. The backup or restore was taken back, everything else is as it was. Make room, and try again."
    zh = "{target} 空间不足。本次备份或恢复已撤销，其他内容保持原样。请腾出空间后重试。"


class RestoreNotEmpty(Conflict):
    code = "restore_not_empty"
    en = "A restore goes onto an empty machine only, and {what} is not empty. Nothing was changed. Name an empty database and an empty media folder."
    zh = "只能恢复到空的系统，而 {what} 不为空，未作任何更改。请指定空数据库和空媒体文件夹。"
