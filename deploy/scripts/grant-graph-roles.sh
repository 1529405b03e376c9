#!/usr/bin/env bash
# Grants the Graph app roles the connector needs to its identity. Granting what is there changes nothing, so it may be run again at any time.
#
#   deploy/scripts/grant-graph-roles.sh [--with-job-status] [--with-connections] [--with-directory] [--with-emergency-lane] [--dry-run] <object id of the identity>
#
# --with-job-status   also Synchronization.Read.All: a paused or quarantined job is noticed at once
# --with-connections  also SynchronizationMetadata.Read.All: the job's own links of employees to accounts (OBJECT_CONNECTIONS, rollcall trace --connection)
# --with-directory    also User.Read.All: the accounts of the directory are compared with the ledger (rollcall diff)
# --with-emergency-lane  also User.ReadWrite.All: accounts of leavers are disabled while the job cannot
# --dry-run           say what would be granted, grant nothing
#
# Takes the Azure CLI, signed in as somebody who may grant app roles (AppRoleAssignment.ReadWrite.All and Application.Read.All, such as a
# Privileged Role Administrator). GRAPH_URL is for national clouds. Exit codes: 0 granted or there, 1 failed, 2 called wrongly.
set -euo pipefail

readonly graph="${GRAPH_URL:-https://graph.microsoft.com}"
# Microsoft Graph itself; the same in every tenant.
readonly graph_app=00000003-0000-0000-c000-000000000000
roles=(SynchronizationData-User.Upload ProvisioningLog.Read.All)
dry_run=false
principal=''

usage() {
  sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

for argument in "$@"; do
  case "$argument" in
    --with-job-status) roles+=(Synchronization.Read.All) ;;
    --with-connections) roles+=(SynchronizationMetadata.Read.All) ;;
    --with-directory) roles+=(User.Read.All) ;;
    --with-emergency-lane) roles+=(User.ReadWrite.All) ;;
    --dry-run) dry_run=true ;;
    -*) usage ;;
    *)
      [[ -z "$principal" ]] || usage
      principal="$argument"
      ;;
  esac
done
[[ "$principal" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || usage

command -v az >/dev/null || {
  echo 'grant-graph-roles: the Azure CLI (az) is not there' >&2
  exit 1
}

get() {
  az rest --method get --url "$graph/v1.0/$1" --query "$2" --output tsv
}

resource=$(get "servicePrincipals(appId='$graph_app')?\$select=id" id)
granted=$(get "servicePrincipals/$principal/appRoleAssignments?\$top=999" "value[?resourceId=='$resource'].appRoleId")

for role in "${roles[@]}"; do
  role_id=$(get "servicePrincipals(appId='$graph_app')?\$select=appRoles" \
    "appRoles[?value=='$role' && contains(allowedMemberTypes, 'Application')].id | [0]")
  if [[ -z "$role_id" || "$role_id" == None ]]; then
    echo "grant-graph-roles: Graph has no app role $role here" >&2
    exit 1
  fi
  if grep -qixF "$role_id" <<<"$granted"; then
    echo "$role: there"
  elif "$dry_run"; then
    echo "$role: would be granted"
  else
    az rest --method post --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" \
      --headers 'Content-Type=application/json' \
      --body "{\"principalId\":\"$principal\",\"resourceId\":\"$resource\",\"appRoleId\":\"$role_id\"}" \
      --output none
    echo "$role: granted"
  fi
done
