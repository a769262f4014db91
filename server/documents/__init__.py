"""Documents that leave the house and prove themselves, without any database: the receipt's PDF, its
signature, the bundle of evidence, and how anybody checks them.

    papers     what stands on a receipt, before it is drawn
    drawing    the PDF; `pages`, `lines`, `faces`, `squares` are its tools, `words` what it says
    signing    the shop's signature over a PDF and over a list of hashes; `certificates` finds the key
    bundles    writes a bundle of evidence (docs/evidence.md)
    checking   reads a PDF or a bundle and names what was changed; `telling` says it in words
"""
