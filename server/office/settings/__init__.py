"""Settings: what the shop decides for itself, for the whole house or for one branch.

`documents` are the settings that are changed in one form, `checklists` those that are drafted and published;
`histories` tells what was changed by whom and puts it back, `previews` shows a checklist as on the tablet,
`letters` notices as customers read them.
"""

from flask import Blueprint

from server.office.settings import checklists, documents, histories, letters, previews, telling

blp = Blueprint("settings", __name__)
blp.add_app_template_filter(telling.setting_name, "setting_name")
blp.add_app_template_filter(telling.about, "setting_about")
for each in (documents, histories, checklists, previews, letters):
    each.register(blp)
