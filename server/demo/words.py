"""What the demo says, in both languages: key -> (English, 中文)."""

import sys
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TextIO

from server.demo.days import SHANGHAI

Language = Literal["en", "zh"]
NAME_WIDTH = 8

WORDS: dict[str, tuple[str, str]] = {
    # Getting ready.
    "title": ("Doorstep demo", "Doorstep 演示"),
    "data": ("Data      {root}", "数据      {root}"),
    "data_there": (
        "Data      {root}, filled in before. RESET=1 starts afresh.",
        "数据      {root}（沿用已有数据；RESET=1 重新开始）",
    ),
    "interrupted": (
        "The last start ended before everything was filled in. Starting afresh.",
        "上次启动在数据填充完成前中断，现在重新开始。",
    ),
    "filling": (
        "Filling in three weeks of work: {count} tickets, played by the real office and real tablets.",
        "正在填充三周的业务：{count} 张工单，均由真实的后台与平板流程产生。",
    ),
    "filling_at": ("  {done} of {count} tickets", "  {done} / {count} 张工单"),
    "filled": ("Filled in after {seconds} s: {states}.", "填充完成，用时 {seconds} 秒：{states}。"),
    "starting": (
        "Starting server and worker on this machine only.",
        "正在本机启动服务与后台任务。",
    ),
    "ready": ("Server    {address} is ready.", "服务      {address} 已就绪。"),
    # Chapters.
    "chapter_office": ("1. The office sends Alice to two homes", "一、后台给 Alice 派两单"),
    "chapter_offline": ("2. Alice works without signal", "二、Alice 在无信号处作业"),
    "chapter_network": ("3. A network that is cut twice", "三、两次中断的网络"),
    "chapter_verdict": ("4. The office looks, and accepts", "四、后台审核与验收"),
    # The office.
    "opens_ticket": (
        "opens ticket {ticket} for {customer}: {summary}",
        "为 {customer} 建立工单 {ticket}：{summary}",
    ),
    "issues_job": (
        "issues job {job} to Alice, today {window}, with {slots} photos and {steps} checklist steps",
        "向 Alice 派单 {job}，今天 {window}，含 {slots} 个拍照项、{steps} 个检查项",
    ),
    # On site.
    "syncs_first": (
        "syncs while there is signal: both jobs are on her tablet ({changes} changes received)",
        "趁有信号先同步：两张派工单已在平板上（收到 {changes} 项更新）",
    ),
    "goes_offline": (
        "drives into the underground car park. From here on there is no signal.",
        "驶入地下车库，从此处起没有信号。",
    ),
    "begins": (
        "accepts {job}, sets off, arrives at {address}",
        "接单 {job}，出发，到达 {address}",
    ),
    "takes_photo": (
        "photographs {slot}: {width} × {height}, {size}, on disk as {sha}…",
        "拍照“{slot}”：{width} × {height}，{size}，已存盘 {sha}…",
    ),
    "answers": ("answers the checklist: {steps} steps", "完成检查表：{steps} 项"),
    "uses_part": (
        "uses {quantity} × {part} from her van",
        "使用车载配件 {quantity} × {part}",
    ),
    "lacks_part": (
        "lacks {quantity} × {part} and asks for it: {words}",
        "缺少配件 {quantity} × {part}，已申请：{words}",
    ),
    "signs": (
        "hands the tablet over; {customer} signs. The receipt's digest: {code}",
        "请客户签字：{customer} 已签。回执摘要码：{code}",
    ),
    "finishes": (
        "finishes {job} as completed: {events} events and {files} files announced",
        "完成 {job}：声明 {events} 条事件、{files} 个文件",
    ),
    "finishes_incomplete": (
        "finishes {job} as incomplete, a part is missing: {events} events and {files} files announced",
        "{job} 未完成（缺配件）：声明 {events} 条事件、{files} 个文件",
    ),
    "still_offline": (
        "tries to sync: no network. Saved on the tablet and waiting: {events} events, {files} files, "
        "{size}. Nothing is lost.",
        "尝试同步：没有网络。平板上已保存待上传：{events} 条事件、{files} 个文件，共 {size}。没有丢失。",
    ),
    # The network.
    "signal_back": (
        "is back in the street: there is signal, a weak one.",
        "回到路面：有信号，但很弱。",
    ),
    "answer_lost": (
        "CUT 1: the events reached the server ({size}); the connection broke before its answer came "
        "back. The tablet cannot know, and keeps everything.",
        "中断 1：事件已送达服务器（{size}），但应答在途中丢失。平板无从得知，全部保留。",
    ),
    "replayed": (
        "sends them again. The server knows all {count} by their ids: the same answers, nothing twice.",
        "再次发送。服务器按编号认出全部 {count} 条：返回相同结果，没有重复。",
    ),
    "upload_cut": (
        "CUT 2: in the middle of a photo, {sent} of {size} were on their way.",
        "中断 2：照片传到一半，已发出 {sent}，共 {size}。",
    ),
    "resumed": (
        "syncs again: the photo goes on at byte {offset}, not at zero.",
        "再次同步：照片从第 {offset} 字节续传，而不是从头开始。",
    ),
    "all_there": (
        "is told: everything has arrived ({files} files since, {size}). Waiting on the tablet: nothing.",
        "得知全部送达（本次 {files} 个文件，{size}）。平板上无待传内容。",
    ),
    # The verdict.
    "received": (
        "{job}: received in full, state {state}; all that the tablet announced is here and its hashes are right",
        "{job}：已收齐，状态 {state}；平板声明的内容全部到达且哈希一致",
    ),
    "photos_checked": (
        "examined the photos of {job} ({count}) in a guarded process: {doubts}. No copy says where it was taken",
        "在受限进程中检查了 {job} 的照片（{count} 张）：{doubts}；所有副本均不含位置信息",
    ),
    "no_doubts": ("no doubts", "无疑问"),
    "same_digest": (
        "rebuilt the receipt from the events of {job}: {code}, the same digest that was signed",
        "根据 {job} 的事件重建回执：{code}，与签名的摘要一致",
    ),
    "waits": ("{ticket} still waits for: {waits}", "{ticket} 仍在等待：{waits}"),
    "accepts": ("looks at the photos and accepts {job}", "查看照片并验收 {job}"),
    "closed": (
        "{ticket} is CLOSED: on proof, nobody set it",
        "{ticket} 已关闭：凭证据关闭，无人手动设置",
    ),
    "revisit_due": (
        "{ticket} stays open: a revisit is DUE, cause {cause}; part request {quantity} × {part}, {state}",
        "{ticket} 保持打开：二次上门待安排，原因 {cause}；配件申请 {quantity} × {part}，{state}",
    ),
    "sees_verdict": (
        "syncs once more and sees {job}: {state}",
        "再同步一次，看到 {job}：{state}",
    ),
    # The end.
    "look": ("Look at it", "可以看看"),
    "office_page": (
        "the office: sign in as bob, wei or sun",
        "后台：用 bob、wei 或 sun 登录",
    ),
    "tablet_page": (
        "the tablet app: sign in as carol or alice",
        "平板应用：用 carol 或 alice 登录",
    ),
    "docs_page": ("the API's own page", "接口文档页"),
    "ready_page": ("is everything well", "就绪检查"),
    "figures_page": ("figures for Prometheus", "监控指标"),
    "closed_ticket": ("the ticket that closed", "已关闭的工单"),
    "open_ticket": ("the ticket with the revisit", "待二次上门的工单"),
    "its_timeline": ("all that happened to it", "该工单的全部经过"),
    "its_revisits": ("its revisit and the cause", "二次上门及原因"),
    "its_photos": ("photos of {job}", "{job} 的照片"),
    "needs_token": (
        "Those below /api/v1 want a sign-in. On the API's page: POST /auth/login, then Authorize. In a shell:",
        "/api/v1 下的地址需要登录。可在接口文档页调用 POST /auth/login 后点 Authorize；或在命令行：",
    ),
    "accounts": ("Accounts, all with the password {password}", "账号（密码均为 {password}）"),
    "phone": (
        "Try a picture of your own phone (JPEG or HEIC), as Carol on job {job}:",
        "用你自己手机的照片（JPEG 或 HEIC）试试，以 Carol 的身份处理 {job}：",
    ),
    "worker_looks": (
        "The worker looks at it within a second; then it is at {address}",
        "后台会在一秒内检查，之后可在此查看：{address}",
    ),
    "near": ("On a tablet in the same network", "在同一网络的平板上试用"),
    "near_scan": (
        "Scan this, install the certificate once (it vouches for {host} only), then open the app:",
        "扫码后先安装证书（仅对 {host} 有效），再打开应用：",
    ),
    "near_app": ("the app itself", "应用地址"),
    "near_open": (
        "Whoever is in this network can reach the demo now, and everybody knows its password.",
        "同一网络中的任何人现在都能访问此演示，而密码是公开的。",
    ),
    "near_install": (
        "First install this demo's certificate, so that the camera may be used. On an iPad: Settings, "
        "profile, install; then General, About, Certificate Trust. On Android: Settings, Security, "
        "install a CA certificate.",
        "请先安装演示证书，否则无法使用相机。iPad：设置中安装描述文件，再到“通用-关于本机-证书信任设置”启用；"
        "Android：设置-安全-安装 CA 证书。",
    ),
    "near_certificate": ("The certificate", "下载证书"),
    "near_then": ("Then open the app.", "然后打开应用。"),
    "near_open_it": ("Open Doorstep", "打开 Doorstep"),
    "host_not_here": (
        "HOST={host} is no address of this machine. Leave it out, or give one that it has.",
        "HOST={host} 不是本机地址。请省略或改用本机地址。",
    ),
    "stays_up": (
        "It stays up until Ctrl-C. Logs of server and worker: {logs}",
        "按 Ctrl-C 结束。服务与后台日志：{logs}",
    ),
    "told_before": (
        "The story was told when this data was new. What it came to:",
        "演示故事已在首次启动时讲过，其结果如下：",
    ),
    # Ends.
    "stopping": ("Stopping server and worker.", "正在停止服务与后台。"),
    "stopped": (
        "Stopped. The data stays in {root}; start again to go on with it.",
        "已停止。数据保留在 {root}，再次启动可继续。",
    ),
    "nothing_kept": (
        "Stopped while filling in. Nothing half-done was kept.",
        "填充时中断，未保留任何半成品。",
    ),
    "port_taken": (
        "Port {port} is in use. Choose another one: PORT={other} make demo",
        "端口 {port} 已被占用，请换一个：PORT={other} make demo",
    ),
    "port_wrong": (
        "PORT must be a whole number from 1 to 65535, not {port}.",
        "PORT 必须是 1 到 65535 的整数，而不是 {port}。",
    ),
    "child_died": (
        "The {name} ended by itself (code {code}). Its last words, from {log}:",
        "{name} 意外退出（代码 {code}）。日志 {log} 的最后内容：",
    ),
    "not_ready": (
        "The server was not ready in time. See {log}.",
        "服务未能及时就绪，请查看 {log}。",
    ),
    "story_failed": (
        "The story could not be told to its end: {why}. Logs: {logs}",
        "故事未能讲完：{why}。日志：{logs}",
    ),
}

STATES: dict[str, tuple[str, str]] = {
    "new": ("new", "新建"),
    "triaged": ("triaged", "已分类"),
    "planned": ("planned", "已安排"),
    "in_progress": ("in progress", "进行中"),
    "verifying": ("verifying", "审核中"),
    "closed": ("closed", "已关闭"),
    "cancelled": ("cancelled", "已取消"),
    "reopened": ("reopened", "重新打开"),
    "finished": ("finished", "已完成"),
    "verified": ("verified", "已验收"),
    "requested": ("requested", "已申请"),
    "part_missing": ("part missing", "缺配件"),
}


def language_of(env: Mapping[str, str], chosen: str | None = None) -> Language:
    """What somebody chose, else what the terminal speaks."""
    said = chosen or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "zh" if said.lower().startswith("zh") else "en"


class Teller:
    """Tells line by line; colourless, so that it reads the same in a log."""

    def __init__(self, language: Language, out: TextIO | None = None) -> None:
        self.language, self.out = language, out or sys.stdout
        self.is_watched = self.out.isatty()

    def say(self, key: str, **facts: object) -> str:
        return WORDS[key][self.language == "zh"].format(**facts)

    def state(self, name: str) -> str:
        return STATES[name][self.language == "zh"] if name in STATES else name

    def line(self, text: str = "") -> None:
        print(text, file=self.out, flush=True)

    def tell(self, key: str, **facts: object) -> None:
        self.line(self.say(key, **facts))

    def chapter(self, key: str) -> None:
        self.line(f"\n{self.say(key)}")

    def event(self, who: str, at: datetime, key: str, **facts: object) -> None:
        """One line of the story: when, who, what."""
        time = at.astimezone(SHANGHAI).strftime("%H:%M:%S")
        self.line(f"  {time}  {padded(who, NAME_WIDTH)} {self.say(key, **facts)}")

    def progress(self, key: str, **facts: object) -> None:
        """Overwrites itself where somebody watches; says nothing into a file."""
        if self.is_watched:
            print(f"\r{self.say(key, **facts)}", end="", file=self.out, flush=True)

    def end_progress(self) -> None:
        if self.is_watched:
            print("\r\x1b[K", end="", file=self.out, flush=True)


def padded(text: str, width: int) -> str:
    """Chinese characters take two columns."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return text + " " * max(0, width - len(text) - wide)


def size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1000:.0f} KB"
