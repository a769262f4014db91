"""`doorstep demo`: a believable shop on this machine, and the main job played in front of your eyes.

Tables of what the shop is: `shop`, `people`, `customers`, `cases`. How three weeks of it were lived:
`days`, `office`, `tablets`, `camera`, `plots`, `filling`. The story that is told: `story`, `network`,
`children`, `words`, and `command`, which the command line calls.
"""
