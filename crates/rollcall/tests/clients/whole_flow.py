"""An organisation's whole year with the vendor's API, in one script written from its public documents and from public
client code alone: roles are brought from another environment, people come, change, hold roles and go, sign-on is
configured, somebody's data is erased. After each step the audit log is read on, and must tell of it in the vendor's words.

Usage: whole_flow.py HOST CLIENT_ID CLIENT_SECRET, of an app that has every scope but that of the built-in admin.
"""
import json
import sys
import time
import uuid

import jwt
import requests

host, client_id, client_secret = sys.argv[1:4]
TOKEN = jwt.encode({"sub": "1234567890", "appId": client_id}, client_secret, algorithm="HS256")
HEADERS = {"auth": TOKEN, "Content-Type": "application/json"}


def call(method, path, expected=200, headers=HEADERS, **arguments):
    answer = requests.request(method, host + "/api/public/" + path, headers=headers, timeout=60, **arguments)
    assert answer.status_code == expected, (path, answer.status_code, answer.text)
    return answer.json()


def refused(message, code=400):
    return {"errors": [{"msg": message, "code": code}]}


def errors_of(answer):
    """What a whole request was refused for, without what a server may add beside msg and code."""
    return {"errors": [{"msg": error["msg"], "code": error["code"]} for error in answer["errors"]]}


def pages(path, key, size=50):
    """Every item of a list whose offset is a page number."""
    items, offset = [], 0
    while True:
        page = call("GET", path + ("&" if "?" in path else "?") + "offset=%d&limit=%d" % (offset, size))
        items += page[key]
        if not page["availableMore"]:
            assert len(items) == page["total"], (path, len(items), page["total"])
            return items
        offset += 1


def events(after=None, size=100):
    """The audit log from an event on, by fetchAfter."""
    rows = []
    while True:
        page = call("GET", "auditlogs?size=%d" % size + ("&fetchAfter=" + after if after else ""))
        rows += page["auditlogs"]
        if not page["moreAvailable"]:
            return rows
        after = page["auditlogs"][-1]["AuditLogId"]


LOG = events()


def told(*names):
    """Reads the log on: it tells of what was just done, by all these names, and of nothing where there are none."""
    rows = events(LOG[-1]["AuditLogId"])
    happened = [row["Name"] for row in rows]
    assert bool(happened) == bool(names) and all(name in happened for name in names), (names, happened)
    for row in rows:
        assert {"timestampValue", "Date/Time", "Description", "Name", "Category", "AuditLogId"} <= set(row), row
        assert row["Description"] and row["Category"], row
    LOG.extend(rows)
    return rows


def info(*addresses):
    return call("POST", "usersInfo", json={"emailIds": list(addresses), "status": "all"})


def upload(name, content):
    """As multipart, of which requests writes the content type."""
    answer = call(
        "POST", "uploadfile", headers={"auth": TOKEN},
        files={"file": (name, json.dumps(content).encode(), "application/json")},
        data={"fileContext": "bulkImport", "fileExtension": "json"})
    return answer["fileId"]


def import_roles(role_type, full, roles):
    path = "roles/import?roleType=%s&fullImport=%s" % (role_type, "true" if full else "false")
    return call("POST", path, json={"fileId": upload(role_type + "RolesProd", roles)})


def export(role_type):
    roles = call("GET", "roles/export?roleType=" + role_type)
    assert all({"roleType", "_id", "role", "rDesc", "permissions", "refId"} <= set(role) for role in roles), roles
    assert {role["roleType"] for role in roles} == {role_type}
    return roles


def role_of_elsewhere(role_type, name, description, permissions):
    return {"roleType": role_type, "_id": "66e0430359593a57768e456b", "role": name, "rDesc": description,
            "permissions": permissions, "refId": str(uuid.uuid4())}


# Roles from another environment: the ids are new, the order is that of the file.
builtin = {role["role"] for role in export("admin")} & {"admin"}
assert builtin == {"admin"}
admin_roles = [
    role_of_elsewhere("admin", "Support lead", "Looks after people", {"Invite": "YES", "Manage Users": "YES"}),
    role_of_elsewhere("admin", "Group reader", "Of no use any more", {"Manage Groups": "NO"}),
]
made = import_roles("admin", False, admin_roles)
assert [role["role"] for role in made] == ["Support lead", "Group reader"], made
assert [role["rDesc"] for role in made] == ["Looks after people", "Of no use any more"]
assert all(role["roleType"] == "admin" and len(role["_id"]) == 24 for role in made), made
assert all(role["_id"] != "66e0430359593a57768e456b" for role in made), made
assert [role["refId"] for role in made] == [role["refId"] for role in admin_roles]
assert [row["Name"] for row in told("Role Created")].count("Role Created") == 2
support = made[0]["_id"]

bot_roles = [
    role_of_elsewhere("bot", "Release watcher", "Looks, and touches nothing", {"Tasks": ["VIEW"], "Dashboard": ["YES"]}),
    role_of_elsewhere("bot", "Old hand", "Of no use any more", {"Tasks": ["FULL"]}),
]
made = import_roles("bot", False, bot_roles)
assert [(role["role"], role["permissions"]["Tasks"]) for role in made] == [("Release watcher", ["VIEW"]), ("Old hand", ["FULL"])]
told("Role Created")
watcher = made[0]["_id"]

# A full import is the file of an export with changes in it; what is absent goes, what is built in stays.
for role_type, kept, gone, key, value in [
    ("admin", "Support lead", "Group reader", "Invite", "NO"),
    ("bot", "Release watcher", "Old hand", "Tasks", ["FULL"]),
]:
    wanted = [role for role in export(role_type) if role["role"] != gone]
    [changed] = [role for role in wanted if role["role"] == kept]
    changed["permissions"][key] = value
    before = changed["_id"]
    made = import_roles(role_type, True, wanted)
    assert [role["_id"] for role in made if role["role"] == kept] == [before], made
    told("Role Permissions Updated", "Role Deleted")
    now = {role["role"]: role for role in export(role_type)}
    assert gone not in now and now[kept]["permissions"][key] == value and len(now) == len(wanted), now
assert errors_of(call("POST", "roles/import?roleType=admin&fullImport=true", 400, json={"fileId": "66e0430359593a57768e456b"})) \
    == refused("Invalid file id")
told()

# Groups, by page.
groups = {group["gN"]: group for group in pages("groups", "groups")}
risk, audit = groups["RiskManagement"], groups["Audit"]

# Bots, by page; their apps' secrets are no longer in clear.
bots = {bot["name"]: bot for bot in pages("bots", "bots")}
travel = bots["Travel desk"]
assert travel["_id"].startswith("st-") and travel["status"] == "published", travel
assert all(client_secret not in json.dumps(bot) for bot in bots.values())

# People come.
people = ["flow%d@example.com" % n for n in (1, 2, 3)]
new = [
    {
        "userInfo": {"emailId": address, "orgUserId": "flow-%d" % n, "firstName": "Flow", "lastName": str(n), "dept": "dept"},
        "groups": [risk["_id"]],
        "roles": [{"roleId": watcher, "botId": travel["_id"]}],
        "assignBotTasks": [{"streamId": travel["_id"]}],
        "canCreateBot": True,
        "isDeveloper": True,
    }
    for n, address in enumerate(people, 1)
]
assert call("POST", "users", json={"users": new, "sendEmail": False}) == {"msg": "Users are created Successfully"}
created = [row["Name"] for row in told("Users Added to Group", "Bot Role Assigned to Users", "Bot Task Assignment")]
assert (created.count("User Created"), created.count("Bot Task Assignment")) == (3, 3), created
failed = call("POST", "users", json={"users": new[:1]})["failedUserDetails"]
assert failed[0]["userInfo"]["reason"]["errors"][0]["msg"] == "USER_ALREADY_EXISTS", failed
told()

# They change: only what is given.
changes = {"users": [{
    "userInfo": {"emailId": people[0], "firstName": "Florence", "city": "Lisbon"},
    "groups": {"addTo": [audit["_id"]], "removeFrom": [risk["_id"]]},
    "roles": {"addTo": [{"roleId": support}], "removeFrom": [{"roleId": watcher, "botId": travel["_id"]}]},
}]}
assert call("PUT", "users", json=changes) == {"msg": "Users are updated Successfully"}
told("User Modified", "Users Added to Group", "Users Removed from Group",
     "Admin Role Assigned to Users", "Bot Role Deleted for Users")
[florence] = info(people[0])
assert (florence["userInfo"]["firstName"], florence["userInfo"]["lastName"]) == ("Florence", "1"), florence
assert florence["canCreateBot"] and florence["isDeveloper"], florence
assert [group["groupName"] for group in florence["groups"]] == ["Audit"], florence
assert support in [role["roleId"] for role in florence["roles"]["adminRoles"]], florence
assert florence["roles"]["btRoles"] == [] and florence["assignBotTasks"], florence
assert "failedUserDetails" in call("PUT", "users", json={"users": [{"userInfo": {"emailId": "nobody@example.com"}}]})
told()

# Roles are given and taken, with placeholders where there is nothing to say.
operation = {"roleId": support, "addUsers": people[1:], "removeUsers": [people[0]], "addGroups": [""], "removeGroups": [""]}
assert call("POST", "adminroles/assignments/", json=[operation]) == [{"status": "success", "roleId": support}]
told("Admin Role Assigned to Users", "Admin Role Deleted for Users")
operation = {"roleId": support, "addUsers": [""], "removeUsers": [""], "addGroups": [risk["gN"]], "removeGroups": [""]}
assert call("POST", "adminroles/assignments", json=[operation])[0]["status"] == "success"
told("Role Assigned to Groups")
operation = {"roleId": watcher, "botId": travel["_id"], "addUsers": [people[0]], "removeUsers": [people[2]],
             "addGroups": [audit["gN"]], "removeGroups": [""]}
assert call("POST", "btroles/assignments/", json=[operation])[0]["status"].strip() == "success"
told("Bot Role Assigned to Users", "Bot Role Deleted for Users", "Role Assigned to Groups")

# A role that somebody holds is not removed by a file that does not have it.
without = [role for role in export("admin") if role["role"] != "Support lead"]
answer = call("POST", "roles/import?roleType=admin&fullImport=true", 409, json={"fileId": upload("AdminRolesProd", without)})
assert "Support lead" in json.dumps(answer), answer
assert "Support lead" in [role["role"] for role in export("admin")]
assert all(row["Name"] not in ("Role Deleted", "Role Created") for row in events(LOG[-1]["AuditLogId"]))
LOG = events()

# Access: one set of flags for all that are named, or for nobody.
flags = {"emailIds": people, "canCreateBot": False, "isDeveloper": True, "hasDataTableAndViewAccess": False}
assert call("POST", "useraccess", json=flags) == ["SUCCESS"]
told("User Modified")
assert [user["canCreateBot"] for user in info(*people)] == [False] * 3
contradiction = dict(flags, canCreateBot=True, isDeveloper=False)
assert errors_of(call("POST", "useraccess", 403, json=contradiction)) == refused("Invalid values in the body", 403)
assert errors_of(call("POST", "useraccess", 400, json=dict(flags, emailIds=[]))) == refused("emailIds cannot be empty")
stranger = dict(flags, emailIds=[people[0], "nobody@example.com"])
assert errors_of(call("POST", "useraccess", 400, json=stranger)) == refused("One or more entered emails not found")
told()

# Who holds what, counted in users; a role's id is found by its name, as public scripts do.
holders, seen = {}, 0
while True:
    page = call("GET", "alluserroles?limit=50&offset=%d" % seen)
    holders.update({user["username"]: user for user in page["users"]})
    seen += len(page["users"])
    if not page["availableMore"]:
        assert seen == page["total"] == len(holders)
        break
found = {role["roleId"] for user in holders.values() for role in user["btRoles"] if role["roleName"] == "Release watcher"}
assert found == {watcher}, found
assert [role["groups"] for role in holders[people[1]]["adminRoles"] if role["roleId"] == support] == [[risk["gN"]]]

# Roles as they are listed and as they are exported are the same.
for role_type in ("admin", "bot"):
    listed = {role["role"]: role["permissions"] for role in pages("roles?roleType=" + role_type, "roles", 2)}
    assert listed == {role["role"]: role["permissions"] for role in export(role_type)}, role_type
told()

# Single sign-on: off, on, off.
CERTIFICATE = (
    "MIIBizCCATGgAwIBAgIUGp9BcZENF845aZ/dEaGREs0KEzYwCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPaWRwLmV4YW1wbGUuY29tMCAXDTI2MT"
    "EyMTE4Mzk1NloYDzIxMjYxMDI4MTgzOTU2WjAaMRgwFgYDVQQDDA9pZHAuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAT6"
    "vCtzuioe4znM5ZOhcWM23BYoItmgn22Rl7pZdOjo1U1s0xmhSkD+427atiPKJ5xW59yfsfhQ53ZOnj8k64yZo1MwUTAdBgNVHQ4EFgQUVQLkLz"
    "TLn7clP+1ALrfng0WfMpAwHwYDVR0jBBgwFoAUVQLkLzTLn7clP+1ALrfng0WfMpAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF"
    "AiBz+Sxv89oBj0MWxLhTdg59MvAL9Ovk/KwU6d8IgfRYfAIhAOncs0r5i1RRbTCQi5VtFEs7wxAVb9PTc3wxE7bsQRcD"
)
addresses = call("GET", "ssoconfig?SSOProtocol=saml")
assert set(addresses) == {"ACS_IDP_URL", "ACS_SP_CallBack_URL"}, addresses
configuration = {
    "SSO_Authentication": "enable", "SSOProtocol": "saml", "SAML_IdentityProvider": "okta",
    "SingleSignOnURL": "https://idp.example.com/app/sso", "IssuerURL": "http://www.okta.com/exk1",
    "Certificate": [CERTIFICATE], "SAMLAttributeMapping": True, "SyncBehaviour": "AddNew_RetainExisting",
    "AttributeMapping": [{"SAMLAttribute_Name": "dept", "SAMLAttribute_Value": "support", "Attribute_Type": "Role",
                          "Kore_Attribute": support}],
}
answer = call("POST", "ssoconfig", json=configuration)
assert answer["message"] == "SSO Configuration created successfully" and answer["ssoProvider"] == "okta", answer
LOG.extend(events(LOG[-1]["AuditLogId"]))
assert LOG[-1]["App"] == "flow", LOG[-1]
on = call("GET", "ssoconfig?SSOProtocol=saml")
assert {"ACS_IDP_URL", "ACS_SP_CallBack_URL", "ssoConfig"} == set(on), on
assert on["ssoConfig"]["config"]["entryPoint"] == "https://idp.example.com/app/sso", on
assert on["ssoConfig"]["samlAttributeMapping"]["attributeMapping"][0]["koreAttribute"] == support, on
answer = call("POST", "ssoconfig", json=dict(configuration, SSO_Authentication="update", IssuerURL="http://www.okta.com/exk2"))
assert answer["message"] == "SSO Configuration updated successfully", answer
assert call("GET", "bot/%s/ssoconfig?SSOProtocol=saml" % travel["_id"])["ssoConfig"]["config"]["issuer"] == "http://www.okta.com/exk2"
assert call("DELETE", "ssoconfig") == {"message": "SSO Configuration disabled"}
assert call("GET", "ssoconfig?SSOProtocol=saml") == addresses
fresh = events(LOG[-1]["AuditLogId"])
assert len(fresh) == 2 and all(row["App"] == "flow" for row in fresh), fresh
LOG.extend(fresh)

# Somebody's data is erased, which takes as long as it takes.
asked = call("DELETE", "bot/eraseUsersData", json={"userIds": [people[2]], "botIds": [], "RemoveDataFromAllBots": True})
assert asked["requestId"].startswith("eud-") and asked["status"] == "in-progress", asked
until = time.monotonic() + 60
while True:
    erased = call("GET", "bot/eraseUsersData/status/" + asked["requestId"])
    if erased["response"] and all(user["status"] == "SUCCESS" for user in erased["response"]):
        break
    assert time.monotonic() < until, erased
assert erased["_id"] == asked["requestId"] and erased["RemoveDataFromAllBots"] is True, erased
assert len(erased["response"]) == 1 and erased["response"][0]["userId"].startswith("u-"), erased
assert info(people[2])[0]["userInfo"]["status"] == "failure"
fresh = events(LOG[-1]["AuditLogId"])
assert fresh and people[2] not in json.dumps(fresh), fresh
LOG.extend(fresh)

# People go, but not those without whom the account would have nobody.
owner = [user for user in holders.values() if any(role["roleName"] == "admin" for role in user["adminRoles"])][0]["username"]
assert call("DELETE", "users", json={"deleteEmailIds": people[:2]}) == {"msg": "Users are removed Successfully"}
assert [row["Name"] for row in told("User Deleted")].count("User Deleted") == 2
kept = call("DELETE", "users", json={"deleteEmailIds": [owner]})["failedUserDetails"]
assert kept[0]["emailId"] == owner and kept[0]["reason"]["message"] == "Unauthorized to perform this activity", kept
assert [user["userInfo"]["status"] for user in info(*people)] == ["failure"] * 3
told()

# The whole log, read by other steps than before, is what was read all along.
whole = events(size=7)
assert [row["AuditLogId"] for row in whole] == [row["AuditLogId"] for row in LOG]
assert [row["AuditLogId"] for row in whole] == sorted({row["AuditLogId"] for row in whole})
assert call("GET", "auditlogs?size=1")["total"] == len(whole)
assert {"User Created", "User Modified", "User Deleted", "Role Created", "Role Permissions Updated", "Role Deleted",
        "Admin Role Assigned to Users", "Admin Role Deleted for Users", "Bot Role Assigned to Users",
        "Bot Role Deleted for Users", "Role Assigned to Groups", "Users Added to Group", "Users Removed from Group",
        } <= {row["Name"] for row in whole if row["App"] == "flow"}

print("done")
