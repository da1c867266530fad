#!/usr/bin/env python3
import json
import sys

if sys.argv[1:] != ["--list"]:
    sys.exit("usage: inventory.py --list")
print(json.dumps({
    "_meta": {"hostvars": {"web1": {"ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_become": True, "tags": ["a"]},
                           "web2": {"ansible_user": "root"},
                           "unlisted": {"ansible_user": "nobody"}}},
    "web": {"hosts": ["web2", "web1"], "vars": {"ansible_user": "deploy", "nothing": None}},
    "site": {"children": ["web", "db"], "vars": {"ansible_port": 22}},
    "db": ["db1", "db2"],
    "all": {"vars": {"ansible_become_user": "admin"}},
    "alone": {"ansible_user": "alone"},
}))
