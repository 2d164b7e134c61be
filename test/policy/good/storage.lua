storage.encrypt{match = {}, key = module("disk.key")}
storage.encrypt{match = {model = "QEMU*"}, key = module("other.key"), trim = "pass", require = true,
    cipher = "aes-xts-plain64", ranges = {"411648-", "2048-206847, 206848-206848",
        {first = 1, last = 1, check = {offset = 3, bytes = "4e544653"}}}}
storage.encrypt{match = {model = "QEMU HARDDISK", serial = "QM00001", port = 0},
    key = module("disk.key"), ranges = {{first = 0, check = "none"}}}
storage.encrypt{match = {model = "QEMU H*"}, key = module("disk.key")}
storage.read_only{match = {port = 31}}
storage.deny{match = {serial = "*"}}
-- table: storage model "QEMU HARDDISK" serial "QM00001" port 0: encrypt aes-xts-plain64, key disk.key, trim drop (line 5)
-- table: storage   sectors 0 to the end, no check
-- table: storage serial "*": deny (line 9)
-- table: storage port 31: read-only (line 8)
-- table: storage model "QEMU H*": encrypt aes-xts-plain64, key disk.key, trim drop (line 7)
-- table: storage   sectors 0 to the end, 55AA at byte 510
-- table: storage model "QEMU*": encrypt aes-xts-plain64, key other.key, trim pass, required (line 2)
-- table: storage   sectors 1 to 1, 4E544653 at byte 3
-- table: storage   sectors 2048 to 206847, no check
-- table: storage   sectors 206848 to 206848, no check
-- table: storage   sectors 411648 to the end, no check
-- table: storage every disk: encrypt aes-xts-plain64, key disk.key, trim drop (line 1)
-- table: storage   sectors 0 to the end, 55AA at byte 510
