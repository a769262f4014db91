"""Backups: a consistent snapshot of the database and every original it names, encrypted and verified.

A target is a folder that holds any number of backups made with one key:

    doorstep-backup                 format, salt, and a proof of the key
    originals/ab/<name>             each file once, however many backups name it
    backups/<backup>/rows/<table>   the rows of one moment
    backups/<backup>/manifest       what belongs to this backup, with counts and hashes

A backup appears under its name by one rename, after everything in it was flushed and read back. Nothing
tells a finder without the key what is in it but the names of our tables and the sizes of the files.
"""
