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
    Reason("blurred", "The picture is blurred: hold still and tap on what matters.", "照片模糊：请持稳并点按对焦。"),
    Reason("dark", "The picture is too dark: please use the light.", "照片太暗：请打开补光灯。"),
    Reason("too_far", "What matters is too small: please go closer.", "拍摄主体太小：请靠近拍摄。"),
    Reason("wrong_thing", "The picture shows something else than the slot asks for.", "照片内容与拍照项不符。"),
    Reason("unreadable_label", "The serial label cannot be read.", "序列号标签无法辨认。"),
    Reason("cut_off", "Part of the work is cut off: please show all of it.", "画面不完整：请拍全。"),
)  # fmt: skip

REWORK = (
    Reason("not_aligned", "Doors or fronts are not aligned.", "柜门或面板未调平。"),
    Reason("not_anchored", "It is not anchored as it should be.", "未按要求固定。"),
    Reason("leaks", "It leaks.", "有渗漏。"),
    Reason("damaged", "The surface was damaged by the work.", "施工造成表面损伤。"),
    Reason("not_clean", "The place was not left clean.", "现场未清理干净。"),
    Reason("unfinished", "Part of the work was not done.", "部分工作未完成。"),
)  # fmt: skip

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
