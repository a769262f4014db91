"""What leaves the house: e-mail, SMS and chat gateways, webhooks. A table is the queue.

`spreading` makes notices of facts, `postmen` take them out, one at a time and by what `rendering` writes;
`mails`, `gateways` and `webhooks` know how each channel speaks, `addresses` and `calls` whom nobody may call.
"""
