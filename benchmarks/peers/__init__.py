"""The peers that we are measured beside: installed from the package registries, run as they advise.

Their versions are pinned in `package.json` (with its lock) and `requirements.in` (with its lock); what is
installed lies in `var/bench/peers`, apart from everything of ours.
"""
