"""The reasons that people choose from with one keystroke: the house's own, until a branch writes others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.domain.errors import Language


@dataclass(frozen=True, slots=True)
class Reason:
    """A short code that never changes, and the sentence in both languages."""

    code: str
    en: str
    zh: str

    def words(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


RETAKE = (
    Reason("too_dark", "Too dark to judge the work.", "照片太暗，无法判断。"),
    Reason("blurred", "Blurred. Please hold still.", "照片模糊，拍摄时请拿稳。"),
    Reason("too_bright", "Too bright. Please turn away from the light.", "过亮，请避开光源。"),
    Reason("cut_off", "The whole work must be in the picture.", "请将施工部位完整拍入画面。"),
    Reason("too_far", "Please go closer: the detail cannot be seen.", "请靠近拍摄，细节看不清。"),
    Reason("wrong_thing", "The picture shows something else.", "照片拍的不是所要求的内容。"),
    Reason("unreadable", "The serial number cannot be read.", "序列号看不清。"),
    Reason(
        "seen_before",
        "This picture was sent before. Please take a new one.",
        "这张照片以前上传过，请重新拍摄。",
    ),
    Reason("not_clean", "Please show the place after it was cleaned.", "请拍摄清理完毕后的现场。"),
)

REWORK = (
    Reason("not_level", "Not level or not plumb.", "不水平或不垂直。"),
    Reason(
        "does_not_close", "Doors or drawers scrape or do not close.", "柜门或抽屉刮擦、关不严。"
    ),
    Reason("loose", "Not fixed firmly enough.", "固定不牢。"),
    Reason("gaps", "Gaps or joints are not even, or not sealed.", "缝隙不均匀或未打胶密封。"),
    Reason("leaks", "It leaks, or the connection is not tight.", "漏水，或接口不严密。"),
    Reason("unsafe", "Cables, gas or fixing are not safe.", "电线、燃气或固定存在安全隐患。"),
    Reason("damaged", "Something was damaged at the work.", "施工中有物品损坏。"),
    Reason("unfinished", "The work is not finished.", "工作未完成。"),
    Reason("left_dirty", "The place was not left clean.", "现场未清理干净。"),
)

CALL_OFF = (
    Reason("customer_cancelled", "The customer no longer wants it.", "客户取消需求。"),
    Reason("customer_moved", "The customer asked for another day.", "客户要求改期。"),
    Reason("goods_late", "The goods are not there yet.", "货物未到。"),
    Reason("issued_twice", "It was issued twice.", "重复派工。"),
)

NOBODY_GOES = (
    Reason("solved_by_phone", "It was solved on the phone.", "已电话解决。"),
    Reason("customer_content", "The customer is content with it as it is.", "客户已接受现状。"),
    Reason("goes_with_another", "Another visit takes care of it.", "已并入另一次上门。"),
)

# What each list is for -> the house's own. A branch may write its own in its texts.
DEFAULTS: dict[str, tuple[Reason, ...]] = {
    "retake": RETAKE,
    "rework": REWORK,
    "call_off": CALL_OFF,
    "nobody_goes": NOBODY_GOES,
}


def documents(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"code": each.code, "en": each.en, "zh": each.zh} for each in reasons]


def reasons_from(docs: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    return tuple(Reason(each["code"], each["en"], each["zh"]) for each in docs)
