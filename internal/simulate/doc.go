// Package simulate asks the policy engine what it would decide: for policies
// in text, for a stored role, user or group, or for both together, and for callers,
// resources and condition keys that need not exist.
//
// New makes a Simulation of policies in text, ForPrincipal one of the policies of
// a role, a user with its groups, or a group. Simulation.Ask answers one action on one resource, with the
// statements that matched and the condition keys that were missing;
// Simulation.Question gives the same request to whoever wants to explain it.
// IAM's SimulateCustomPolicy and SimulatePrincipalPolicy are Ask on every pair
// of action and resource (package iamapi), "rockpool policy simulate" asks the
// same of files.
//
// Every decision is policy.Decide's, on the layers that a real request would
// have: identity policies, boundary, session policies, and the resource's own
// policy. A resource policy without a Resource is a role's trust policy and
// decides like one.
//
// What a simulation knows by itself and a caller of it need not say:
//
//   - of a named caller aws:PrincipalArn, aws:PrincipalAccount,
//     aws:PrincipalType, aws:PrincipalIsAWSService, for users aws:username,
//     and for stored users and roles their tags and aws:userid where it is
//     known;
//   - of a resource with an ARN aws:ResourceAccount.
//
// Nothing else is made up: there is no time, address or session unless it is
// given, and what is given wins. A key that a policy reads and nobody gave is
// missing, exactly as an absent key is in a real request, and is listed.
//
// What lives elsewhere: the language and its decisions (policy), stored
// policies (iam), rules that no policy changes and that a simulation therefore
// does not know, such as that sts:GetCallerIdentity is always allowed (authz),
// paging, wire names and sentences (iamapi).
package simulate
