"""What a caller of the companion may catch, and the exit code of each for scripts.

All of them share the root of the domain's errors: a stable `code` and a sentence in both languages that
says what happened, that nothing is lost, and what to do.
"""

import errno
from enum import IntEnum
from pathlib import Path
from typing import ClassVar

from server.domain import errors as domain


class Exit(IntEnum):
    OK = 0
    REFUSED = 1
    USAGE = 2
    NO_NETWORK = 3
    SIGN_IN = 4
    BUSY = 5
    DISK_FULL = 6
    STILL_WAITING = 7


class CompanionError(domain.DoorstepError):
    """The root of the companion's own errors."""

    exit_code: ClassVar[Exit] = Exit.REFUSED


class JobUnknown(CompanionError):
    code = "job_not_here"
    en = "There is no job {job} on this device. Look at the list, or sync while there is a network."
    zh = "本机没有派工单 {job}。请查看列表，或在有网络时同步。"


class JobReadOnly(CompanionError):
    code = "job_read_only"
    en = "Job {job} is no longer yours ({reason}). What you did will still be sent; no more can be added."
    zh = "派工单 {job} 已不再属于您（{reason}）。已完成的工作仍会上传，但不能再添加内容。"


class NotValid(CompanionError):
    code = "not_valid"
    en = "This cannot be kept as it is: {problems}. Nothing was written."
    zh = "内容有误：{problems}。未写入任何内容。"


class NotHere(CompanionError):
    code = "not_here"
    en = "There is no {what} {subject} on job {job}. Nothing was written."
    zh = "派工单 {job} 中没有{what} {subject}。未写入任何内容。"


class FileUnreadable(CompanionError):
    code = "file_unreadable"
    en = "{file} cannot be read: {why}. Nothing was written."
    zh = "无法读取 {file}：{why}。未写入任何内容。"


class SomethingMissing(CompanionError):
    code = "something_missing"
    en = "Before finishing, this is missing: {missing}. Add it, or finish with --anyway."
    zh = "完工前还缺：{missing}。请补充，或使用 --anyway 强制完工。"


class NetworkDown(CompanionError):
    code = "network_down"
    exit_code = Exit.NO_NETWORK
    en = "The server cannot be reached ({why}). Everything is saved on this device and goes out later."
    zh = "无法连接服务器（{why}）。所有内容已保存在本机，稍后会自动上传。"


class ForeignAnswer(NetworkDown):
    code = "foreign_answer"
    en = (
        "Something else answered in the server's place ({why}): perhaps a Wi-Fi sign-in page. Open a "
        "browser and sign in to the Wi-Fi, or use another network. Everything is saved on this device."
    )
    zh = (
        "回应并非来自我们的服务器（{why}），可能是 Wi-Fi 登录页面。请先登录 Wi-Fi 或更换网络；"
        "所有内容已保存在本机。"
    )


class ServerBusy(CompanionError):
    code = "server_busy"
    exit_code = Exit.NO_NETWORK
    en = "The server asks to wait ({why}). Nothing is lost; sync again in {wait} s."
    zh = "服务器繁忙（{why}）。数据没有丢失，请在 {wait} 秒后再同步。"


class ServerSaid(CompanionError):
    code = "server_said_no"
    en = "The server said no ({problem}): {said} What is on this device stays."
    zh = "服务器拒绝（{problem}）：{said} 本机内容会保留。"


class SignInNeeded(CompanionError):
    code = "sign_in_needed"
    exit_code = Exit.SIGN_IN
    en = "Please sign in with `doorstep-field login`. What waits on this device stays and goes out then."
    zh = "请用 doorstep-field login 登录。本机待上传的内容会保留，登录后上传。"


class WrongPassword(SignInNeeded):
    code = "wrong_password"
    en = "Name and password do not fit. Nothing on this device has changed; try again."
    zh = "用户名或密码不正确。本机内容没有变化，请重试。"


class PersonUnknown(SignInNeeded):
    code = "person_not_here"
    en = "{username} has not signed in on this device yet. Sign in once while there is a network."
    zh = "{username} 尚未在本机登录，请在有网络时登录一次。"


class StoreBusy(CompanionError):
    code = "store_busy"
    exit_code = Exit.BUSY
    en = (
        "Another doorstep-field is at work on this device. Nothing was changed; wait and try again."
    )
    zh = "本机有另一个 doorstep-field 正在运行。未作任何更改，请稍候再试。"


class DiskFull(CompanionError):
    code = "disk_full"
    exit_code = Exit.DISK_FULL
    en = (
        "This device is out of space, so this was NOT saved. What was saved before is still there. "
        "Free some space, or sync, then do it again."
    )
    zh = "本机存储空间已满，本次内容未保存；之前保存的内容仍在。请清理空间或同步后重试。"


class StoreBroken(CompanionError):
    code = "store_broken"
    en = (
        "The store cannot be used ({why}). Nothing was changed. Do not delete it: make a copy of the "
        "folder {home} and call the office."
    )
    zh = "本机存储无法使用（{why}）。未作任何更改。请勿删除，备份文件夹 {home} 并联系客服。"


class StoreTooNew(CompanionError):
    code = "store_too_new"
    en = (
        "This store was written by a newer version of the app. Nothing was changed; update the app."
    )
    zh = "本机数据由更新版本的应用写入。未作任何更改，请更新应用。"


class SqliteTooOld(CompanionError):
    code = "sqlite_too_old"
    en = "SQLite {version} can lose committed work; 3.51.3 or later is needed. Nothing was opened."
    zh = "SQLite {version} 可能丢失已提交的数据，需要 3.51.3 或更高版本。"


class OtherServer(CompanionError):
    code = "other_server"
    en = "Work for {server} still waits on this device. Sync it there first, or use another --home."
    zh = "本机仍有待上传到 {server} 的内容。请先同步，或使用另一个 --home。"


class NoServer(CompanionError):
    code = "no_server"
    exit_code = Exit.USAGE
    en = "Say which server: --server https://…"
    zh = "请指定服务器：--server https://…"


class NoKey(CompanionError):
    code = "no_export_key"
    en = "The office's key is not on this device yet. Sync once, then export; everything stays saved."
    zh = "本机尚无客服中心的密钥。请先同步一次再导出；所有内容已保存。"


def is_disk_full(problem: OSError) -> bool:
    return problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def of_disk(problem: OSError, home: Path) -> CompanionError:
    """What a disk that fails under the store in `home` means to a person."""
    if is_disk_full(problem):
        return DiskFull()
    return StoreBroken(why=problem.strerror or str(problem), home=str(home))
