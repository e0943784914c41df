#!/bin/bash
# Brings the present commit to DigitalOcean's App Platform: deploy/deploy.sh [--dry-run] [--skip-tests]
#
#   tests, specification, image (built, pushed, named by its digest), deploy, wait, health, smoke test.
#
# One line per step with its time. A deploy that fails before it is active leaves the old version serving; one that is active
# and does not do its work is taken back: the image that served before is deployed again (its digest, the same way).
# Exit status: 0 deployed, 1 failed and nothing changed or taken back, 3 failed and not taken back: look at it, 2 wrong usage.
#
# Needs doctl (signed in), docker (signed in to the registry: doctl registry login), git, and Node as for npm test.
#   APP_ID             of the app: doctl apps list
#   REGISTRY           name of the registry: doctl registry get
#   APP_SPEC           deploy/app.yaml
#   APP_ADDRESS        what health and smoke test ask; the address that the platform names otherwise
#   SMOKE_EMAIL, SMOKE_PASSWORD    see deploy/smoke-test.ts
#   names of secrets in the specification    set or change them; unset ones stay as they are in the app
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

dry_run=no skip_tests=no
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --skip-tests) skip_tests=yes ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "unknown: $argument (--dry-run, --skip-tests)" >&2; exit 2 ;;
  esac
done
spec=${APP_SPEC:-deploy/app.yaml}
for name in APP_ID REGISTRY; do
  [ -n "${!name:-}" ] || { echo "$name is not set (deploy/deploy.sh --help)" >&2; exit 2; }
done
[ -f "$spec" ] || { echo "$spec does not exist" >&2; exit 2; }
node=node
[ -x node_modules/.bin/node ] && node=node_modules/.bin/node

# How long to wait, in seconds, and how often to look.
deploy_limit=${DEPLOY_LIMIT:-900} health_limit=${HEALTH_LIMIT:-120} pause=${DEPLOY_PAUSE:-5}

umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
started=$SECONDS
# Whether the new version serves: no, yes, unknown.
active=no

# What a step prints is kept; only the end of it is shown, when it fails. Encrypted values and keys never are.
hide() { sed -E 's/EV\[[^]]*\]/EV[...]/g; s#([a-z]+://[^:/@ ]+):[^@/ ]+@#\1:...@#g; s/(dop_v1_|SG\.|sk-|bp_)[A-Za-z0-9._-]+/\1.../g'; }

# step NAME COMMAND...: one line with its time. Nothing is run that changes something when it is dry.
step() {
  local name=$1 start=$SECONDS
  shift
  if "$@" >"$work/log" 2>&1; then
    printf 'ok      %-30s %4ss%s\n' "$name" $((SECONDS - start)) "$(said)"
  else
    printf 'FAILED  %-30s %4ss\n' "$name" $((SECONDS - start))
    tail -n 15 "$work/log" | hide | sed 's/^/        /'
    return 1
  fi
}
said() { [ ! -s "$work/said" ] || printf '  %s' "$(cat "$work/said")"; rm -f "$work/said"; }
say() { printf '%s' "$*" >"$work/said"; }
would() { printf 'would   %-30s %s\n' "$1" "$2"; }

fail() {
  # Of an unknown one too: it may become active after we have stopped looking.
  if [ $active != no ]; then
    take_back
  else
    echo "Not deployed after $((SECONDS - started)) s: the version from before serves, nothing to take back."
    exit 1
  fi
}

clean_tree() {
  git diff --quiet HEAD -- || { echo 'There are changes that are not committed: the image would not be this commit.'; return 1; }
  commit=$(git rev-parse --short=12 HEAD) && say "$commit"
}

run_tests() { npm test; }

present_spec() {
  doctl apps spec get "$APP_ID" --format json >"$work/before.json" || return 1
  digest_before=$("$node" -e '
    const { services } = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(services?.[0]?.image?.digest ?? "");' "$work/before.json") || { echo 'doctl answered no specification'; return 1; }
  deployment_before=$(doctl apps get "$APP_ID" --format ActiveDeployment.ID --no-header) || return 1
  say "${digest_before:-no image by digest yet}"
}

# The digest is not known yet; what can be wrong about the rest is.
check_spec() {
  "$node" deploy/fill-spec.ts "$spec" "$work/before.json" "sha256:$(printf '0%.0s' {1..64})" "$work/check.json" &&
    doctl apps spec validate "$work/check.json" --schema-only >"$work/validated"
}

build() { docker build --platform linux/amd64 --file deploy/Dockerfile --tag "$image" .; }

push() {
  docker push "$image" || return 1
  digest=$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | sed -n "s#^$repository@##p" | head -n 1)
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "The registry named no digest of $image."; return 1; }
  say "$digest"
}

# Which deployment an update made: the newest, once it is another than the one before.
update() { # file
  local newest
  newest=$(newest_deployment) || return 1
  doctl apps update "$APP_ID" --spec "$1" --format ID --no-header || return 1
  # Taken: what comes of it is not known until it is seen.
  active=unknown
  for ((look = 0; look < 12; look++)); do
    deployment=$(newest_deployment) || return 1
    [ "$deployment" != "$newest" ] && { say "$deployment"; return 0; }
    sleep "$pause"
  done
  echo 'The app was updated, and no deployment has begun.'
  return 1
}
newest_deployment() { doctl apps list-deployments "$APP_ID" --format ID --no-header | head -n 1; }

send() {
  "$node" deploy/fill-spec.ts "$spec" "$work/before.json" "$digest" "$work/spec.json" && update "$work/spec.json"
}

wait_active() {
  local phase='' failures=0 end=$((SECONDS + deploy_limit))
  while [ $SECONDS -lt $end ]; do
    if phase=$(doctl apps get-deployment "$APP_ID" "$deployment" --format Phase --no-header); then
      failures=0
    else
      # The API may be away for a moment; the deployment goes on without us.
      failures=$((failures + 1)) phase=''
      [ $failures -lt 6 ] || { echo "doctl cannot say how deployment $deployment is."; return 1; }
    fi
    case $phase in
      ACTIVE) active=yes; return 0 ;;
      ERROR | CANCELED | SUPERSEDED)
        active=no
        echo "The deployment $deployment ended as $phase. Why: doctl apps logs $APP_ID --deployment $deployment --type deploy"
        return 1
        ;;
    esac
    sleep "$pause"
  done
  echo "The deployment $deployment is ${phase:-unknown} after $deploy_limit s."
  return 1
}

find_address() {
  address=${APP_ADDRESS:-$(doctl apps get "$APP_ID" --format DefaultIngress --no-header)} || return 1
  [[ $address =~ ^https?://[^[:space:]]+$ ]] || { echo 'The platform names no address of the app: set APP_ADDRESS.'; return 1; }
  say "$address"
}

healthy() {
  local end=$((SECONDS + health_limit)) answer=''
  while :; do
    answer=$(curl --silent --show-error --max-time 10 "$address/health" 2>&1)
    case $answer in *'"status":"healthy"'* | *'"status":"degraded"'*) say "$(sed -E 's/.*"status":"([a-z]+)".*/\1/' <<<"$answer")"; return 0 ;; esac
    [ $SECONDS -lt $end ] || break
    sleep "$pause"
  done
  echo "$address/health says: ${answer:0:400}"
  return 1
}

smoke() { "$node" deploy/smoke-test.ts "$address"; }

# The specification from before, as it was: its digest, and its secrets in their encrypted form.
take_back() {
  if [ -z "$digest_before" ]; then
    echo 'NOT TAKEN BACK: before there was no image by digest. The new version serves: look at it.'
    exit 3
  fi
  if step 'take back: deploy' update "$work/before.json" && step 'take back: wait' wait_active && step 'take back: health' healthy; then
    echo "Taken back after $((SECONDS - started)) s: $digest_before serves again."
    exit 1
  fi
  echo "NOT TAKEN BACK after $((SECONDS - started)) s: look at it now. By hand: doctl apps list-deployments $APP_ID; $deployment_before served before."
  exit 3
}

step 'commit' clean_tree || fail
repository=registry.digitalocean.com/$REGISTRY/blog-poster
image=$repository:$commit
if [ $skip_tests = no ]; then step 'tests' run_tests || fail; fi
step 'app as it is' present_spec || fail
step 'specification' check_spec || fail
if [ $dry_run = yes ]; then
  would 'image' "docker build --file deploy/Dockerfile --tag $image ."
  would 'push' "docker push $image"
  would 'deploy' "doctl apps update $APP_ID --spec ($spec with the digest of the image)"
  would 'wait' "until the deployment is ACTIVE, at most $deploy_limit s"
  would 'health' "${APP_ADDRESS:-the address of the app}/health"
  would 'smoke test' "deploy/smoke-test.ts"
  echo "Nothing was changed (--dry-run)."
  exit 0
fi
step 'address' find_address || fail
step 'image' build || fail
step 'push' push || fail
step 'deploy' send || fail
step 'wait' wait_active || fail
step 'health' healthy || fail
step 'smoke test' smoke || fail
echo "Deployed $commit after $((SECONDS - started)) s: $digest"
