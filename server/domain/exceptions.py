"""Exceptions: what does not add up, who looks at it, and what each decision does."""

from dataclasses import dataclass

from server.domain import errors
from server.domain.people import Role


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of exception: who owns it at first, whether its ticket waits, what may be decided."""

    owner: Role
    holds_ticket: bool
    decisions: tuple[str, ...]
    en: str
    zh: str


KEEP = "keep"  # leave it as it stands, with a reason
APPLY = "apply"  # let the recorded work count after all
RUN_AGAIN = "run_again"  # quarantined: read it again, after a correction of ours

KINDS: dict[str, Kind] = {
    "work_on_cancelled": Kind(
        Role.DISPATCHER,
        True,
        (KEEP, APPLY),
        "Work arrived for a job that had been cancelled.",
        "收到已取消派工单的现场记录。",
    ),
    "work_on_reassigned": Kind(
        Role.DISPATCHER,
        True,
        (KEEP, APPLY),
        "Work arrived from somebody whom the job no longer belonged to.",
        "收到已改派派工单的原师傅现场记录。",
    ),
    "device_revoked": Kind(
        Role.DISPATCHER,
        True,
        (KEEP, APPLY, RUN_AGAIN),
        "Work arrived from a tablet that was taken out of service.",
        "收到已停用设备的现场记录。",
    ),
    "event_quarantined": Kind(
        Role.SUPERVISOR,
        True,
        (KEEP, RUN_AGAIN),
        "Something arrived that could not be understood or was not allowed. It is kept as it came.",
        "收到无法识别或不被允许的现场记录，已原样保存。",
    ),
    "event_forced": Kind(
        Role.DISPATCHER,
        True,
        (KEEP, APPLY),
        "An event waited too long for the one before it and was put on record without it.",
        "现场事件等待前序超时，已直接记录。",
    ),
    "clock_wrong": Kind(
        Role.DISPATCHER,
        False,
        (KEEP,),
        "A tablet's clock was wrong; its times are shown corrected, with their uncertainty.",
        "平板时钟不准，时间已修正并注明误差。",
    ),
    "stock_negative": Kind(
        Role.STOREKEEPER,
        False,
        (KEEP,),
        "More of a part left a place than the ledger says was there.",
        "配件出库数量超过账面库存。",
    ),
    "photo_seen_before": Kind(
        Role.ADVISOR,
        True,
        (KEEP,),
        "A photo looks like one from an earlier job.",
        "照片与之前派工单的照片相似。",
    ),
    "photo_unreadable": Kind(
        Role.ADVISOR,
        True,
        (KEEP,),
        "A file that was sent as a photo cannot be shown as one. The original is kept.",
        "作为照片上传的文件无法显示，原文件已保留。",
    ),
    "photo_lost": Kind(
        Role.ADVISOR,
        True,
        (KEEP,),
        "A photo that was announced is lost; the tablet no longer has it.",
        "已登记的照片丢失，平板上已不存在。",
    ),
    "receipt_mismatch": Kind(
        Role.ADVISOR,
        True,
        (KEEP,),
        "The signature covers another receipt than the one that follows from the events.",
        "签名所对应的回执与现场记录不一致。",
    ),
}


def must_fit(kind: str, decision: str, reason: str | None) -> None:
    """Raises `Invalid` for a decision that this kind does not have, `ReasonMissing` without a reason."""
    if decision not in KINDS[kind].decisions:
        raise errors.Invalid(
            errors={"decision": [f"Must be one of: {', '.join(KINDS[kind].decisions)}."]}
        )
    if not (reason and reason.strip()):
        raise errors.ReasonMissing()
