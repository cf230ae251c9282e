"""A client of the vendor's API, written from its public documents and from public client code alone.

It mints its token as they do ({"sub", "appId"}, HS256, the secret as it is), pages by page number until availableMore
is false, sends [""] where it has nothing to say, and looks at the status code before anything else.
"""
import sys

import jwt
import requests

host, client_id, client_secret = sys.argv[1:4]
TOKEN = jwt.encode({"sub": "1234567890", "appId": client_id}, client_secret, algorithm="HS256")
HEADERS = {"auth": TOKEN, "Content-Type": "application/json"}


def call(method, path, expected=200, headers=HEADERS, **arguments):
    answer = requests.request(method, host + "/api/public/" + path, headers=headers, timeout=30, **arguments)
    assert answer.status_code == expected, (path, answer.status_code, answer.text)
    return answer.json()


def all_groups():
    groups, offset = [], 0
    while True:
        page = call("GET", "groups?offset=%d&limit=50" % offset)
        groups += page["groups"]
        if not page["availableMore"]:
            assert len(groups) == page["total"], (len(groups), page["total"])
            return groups
        offset += 1


# Wrong tokens, wrong verbs.
refusal = {"errors": [{"msg": "Invalid SDK credentials", "code": 4002}]}
assert call("GET", "groups", 401, headers={"auth": TOKEN + "123"}) == refusal
assert call("POST", "usersInfo", 401, headers={}, json={}) == refusal
assert call("PATCH", "users", 405, headers={}) == {"errors": [{"msg": "Method Not Allowed", "code": 405}]}

# Groups: every page, every field of the documents.
groups = all_groups()
assert len({group["_id"] for group in groups}) == len(groups) > 50
by_name = {group["gN"]: group for group in groups}
audit = by_name["Audit"]
assert set(audit) == {"_id", "gN", "gDesc", "groups", "users", "userCount"}
assert audit["userCount"] == len(audit["users"]) == 2
assert set(audit["users"][0]) == {
    "_id", "emailId", "lastName", "firstName", "profImage", "profColour", "activationStatus", "jTitle", "orgId"}

# Users: created with groups, looked up, refused when they are there.
people = [
    {
        "userInfo": {
            "emailId": "person%d@example.com" % n,
            "orgUserId": "org-%d" % n,
            "firstName": "Person",
            "lastName": str(n),
            "companyName": "company_name",
            "dept": "dept",
        },
        "groups": [by_name["RiskManagement"]["_id"]],
        "canCreateBot": True,
        "isDeveloper": True,
    }
    for n in range(60)
]
assert call("POST", "users", json={"users": people, "sendEmail": False}) == {"msg": "Users are created Successfully"}
again = call("POST", "users", json={"users": people[:1] + [{"userInfo": {"emailId": "deskkore1", "firstName": "user1"}}]})
failed = again["failedUserDetails"]
assert [f["userInfo"]["emailId"] for f in failed] == ["person0@example.com", "deskkore1"], failed
assert all(f["userInfo"]["status"] == "failure" for f in failed)
assert failed[1]["userInfo"]["reason"]["errors"][0]["msg"] == "INVALID_EMAIL"
assert failed[1]["userInfo"]["reason"]["statusCode"] == 400

found = call("POST", "usersInfo", json={"emailIds": ["person7@example.com", "a3q4"], "status": "all"})
assert found[0]["userInfo"]["emailId"] == "person7@example.com"
assert found[0]["userInfo"]["status"] == "not active"
assert found[0]["groups"] == [{"groupId": by_name["RiskManagement"]["_id"], "groupName": "RiskManagement"}]
assert found[1]["userInfo"]["status"] == "failure"
assert found[1]["userInfo"]["reason"]["status"] == 400
assert found[1]["userInfo"]["reason"]["errors"][0]["msg"] == "User not found. Please check the provided email address."
assert call("POST", "usersInfo", json={"emailIds": ["person7@example.com"], "status": "active"}) == []

# Admin roles: the id is learnt from somebody who holds the role, as public scripts do.
holder = audit["users"][0]["emailId"]
role = [r for r in call("POST", "usersInfo", json={"emailIds": [holder]})[0]["roles"]["adminRoles"] if r["roleName"] == "Auditor"][0]
assert role["groups"] == ["Audit"], role
operation = {"roleId": role["roleId"], "addUsers": ["person7@example.com"], "removeUsers": [""], "addGroups": [""], "removeGroups": [""]}
for path in ("adminroles/assignments/", "adminroles/assignments"):
    assert call("POST", path, json=[operation]) == [{"status": "success", "roleId": role["roleId"]}]
held = call("POST", "usersInfo", json={"orgUserIds": ["org-7"]})[0]["roles"]["adminRoles"]
assert [r["roleName"] for r in held] == ["Auditor"] and held[0]["groups"] == []
unknown = call("POST", "adminroles/assignments/", json=[{"roleId": "5bre4bb433f78c73f4e5a0d1", "addUsers": ["person7@example.com"]}])
assert unknown[0]["status"] == "failure" and "5bre4bb433f78c73f4e5a0d1" in unknown[0]["errors"][0]["msg"]

print("done")
