package iamapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// Error turns a domain error into AWS's code and sentence (spec/iam-sts.md 1.9,
// 4.2). Terraform compares codes, and some of these sentences.
func (i *Implementation) Error(err error) *awserr.Error {
	if e, ok := errors.AsType[*iam.NotFound](err); ok {
		return notFound(e)
	}
	if e, ok := errors.AsType[*iam.AlreadyExists](err); ok {
		return wire.EntityAlreadyExistsException(taken(e))
	}
	if e, ok := errors.AsType[*iam.InUse](err); ok {
		return wire.DeleteConflictException(inUse(e))
	}
	if e, ok := errors.AsType[*iam.LimitExceeded](err); ok {
		return limitExceeded(e)
	}
	if e, ok := errors.AsType[*iam.MalformedPolicy](err); ok {
		return wire.MalformedPolicyDocumentException(e.Cause.Message)
	}
	if e, ok := errors.AsType[*iam.InvalidPrincipal](err); ok {
		return wire.MalformedPolicyDocumentException(fmt.Sprintf(`Invalid principal in policy: "AWS":"%s"`, e.ARN))
	}
	if e, ok := errors.AsType[*iam.Invalid](err); ok {
		return invalid(e)
	}
	if e, ok := errors.AsType[*iam.NotAttachable](err); ok {
		if e.Boundary {
			return wire.NoSuchEntityException(fmt.Sprintf("Scope ARN: %s does not exist or is not attachable.", e.ARN))
		}
		return wire.NoSuchEntityException(fmt.Sprintf("Policy %s does not exist or is not attachable.", e.ARN))
	}
	if e, ok := errors.AsType[*iam.Immutable](err); ok {
		return immutable(e)
	}
	if _, ok := errors.AsType[*iam.BadMetadata](err); ok {
		return wire.InvalidInputException("Could not parse metadata")
	}
	if e, ok := errors.AsType[*iam.Unreachable](err); ok {
		return wire.OpenIdIdpCommunicationErrorException(fmt.Sprintf("Could not retrieve the certificate of %s.", e.URL))
	}
	if _, ok := errors.AsType[*iam.VersionConflict](err); ok {
		return wire.ConcurrentModificationException("Another request is changing this account's IAM. Please retry.")
	}
	return ours(err)
}

// ours maps the errors that this package itself makes.
func ours(err error) *awserr.Error {
	if _, ok := errors.AsType[*badMarker](err); ok {
		return validation("Invalid Marker.")
	}
	if _, ok := errors.AsType[*needsUserName](err); ok {
		return validation("Must specify userName when calling with non-User credentials")
	}
	if _, ok := errors.AsType[*iam.BadPrivateKey](err); ok {
		return wire.InvalidInputException("The private key must be one PEM block with an RSA key of 2048 to 4096 bits that is not protected by a password.")
	}
	if e, ok := errors.AsType[*iam.NeedsPrivateKey](err); ok {
		if e.Mode == "" {
			return wire.InvalidInputException("A private key needs an AssertionEncryptionMode.")
		}
		return wire.InvalidInputException(fmt.Sprintf("AssertionEncryptionMode %s needs a private key.", e.Mode))
	}
	if _, ok := errors.AsType[*nothingToUpdate](err); ok {
		return wire.InvalidInputException("Unable to update identity provider. No updates are defined for metadata or encryption assertion.")
	}
	if e, ok := errors.AsType[*noLoginProfile](err); ok {
		return wire.NoSuchEntityException(fmt.Sprintf("Login Profile for User %s cannot be found.", e.user))
	}
	if e, ok := errors.AsType[*noPasswordPolicy](err); ok {
		return wire.NoSuchEntityException(fmt.Sprintf("The Password Policy with domain name %s cannot be found.", e.account))
	}
	return simulation(err)
}

func validation(message string) *awserr.Error { return awserr.Sender("ValidationError", message) }

func notFound(e *iam.NotFound) *awserr.Error {
	var message string
	switch e.Kind {
	case iam.KindRole, iam.KindUser, iam.KindGroup:
		message = fmt.Sprintf("The %s with name %s cannot be found.", e.Kind, e.Name)
	case iam.KindInlinePolicy:
		message = fmt.Sprintf("The %s policy with name %s cannot be found.", e.Owner, e.Name)
	case iam.KindPolicyVersion:
		message = fmt.Sprintf("Policy %s version %s does not exist or is not attachable.", e.Of, e.Name)
	case iam.KindAccessKey:
		message = fmt.Sprintf("The Access Key with id %s cannot be found", e.Name)
	case iam.KindOIDCProvider:
		message = fmt.Sprintf("OpenIDConnect Provider not found for arn %s", e.Name)
	case iam.KindSAMLProvider:
		message = fmt.Sprintf("Manifest not found for arn %s", e.Name)
	case iam.KindSAMLPrivateKey:
		message = fmt.Sprintf("The private key with id %s cannot be found in %s.", e.Name, e.Of)
	case iam.KindInstanceProfile:
		message = fmt.Sprintf("Instance Profile %s cannot be found.", e.Name)
	case iam.KindAccountAlias:
		message = fmt.Sprintf("The account alias %s cannot be found.", e.Name)
	case iam.KindPolicy:
		message = fmt.Sprintf("Policy %s was not found.", e.Name)
		if e.Owner != "" {
			message = fmt.Sprintf("The %s with name %s does not have a permissions boundary.", e.Owner, e.Name)
		}
	}
	return wire.NoSuchEntityException(message)
}

func taken(e *iam.AlreadyExists) string {
	switch e.Kind {
	case iam.KindRole:
		return fmt.Sprintf("Role with name %s already exists.", e.Name)
	case iam.KindUser:
		return fmt.Sprintf("User with name %s already exists.", e.Name)
	case iam.KindGroup:
		return fmt.Sprintf("Group with name %s already exists.", e.Name)
	case iam.KindInstanceProfile:
		return fmt.Sprintf("Instance Profile %s already exists.", e.Name)
	case iam.KindAccountAlias:
		return fmt.Sprintf("The account alias %s already exists.", e.Name)
	case iam.KindOIDCProvider:
		return fmt.Sprintf("Provider with url %s already exists.", e.Name)
	case iam.KindSAMLProvider:
		return fmt.Sprintf("Provider with name %s already exists.", e.Name)
	}
	return fmt.Sprintf("A policy called %s already exists. Duplicate names are not allowed.", e.Name)
}

func inUse(e *iam.InUse) string {
	switch e.By {
	case iam.UseInline:
		return "Cannot delete entity, must delete policies first."
	case iam.UseAttached:
		return "Cannot delete entity, must detach all policies first."
	case iam.UseAccessKeys:
		return "Cannot delete entity, must delete access keys first."
	case iam.UseMembers, iam.UseGroups:
		return "Cannot delete entity, must remove users from group first."
	case iam.UseInstanceProfile:
		return "Cannot delete entity, must remove roles from instance profile first."
	case iam.UseEntities:
		return "Cannot delete a policy attached to entities."
	case iam.UseVersions:
		return "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
			"The default version is deleted with the policy."
	case iam.UseDefaultVersion:
		return "Cannot delete the default version of a policy."
	}
	return "Cannot delete entity, must remove referenced objects first."
}

func limitExceeded(e *iam.LimitExceeded) *awserr.Error {
	switch e.Quota {
	case iam.QuotaThumbprints:
		return wire.InvalidInputException("Thumbprint list must contain fewer than 5 entries.")
	case iam.QuotaInlineSize:
		return wire.LimitExceededException(fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s %s", e.Limit, e.Kind, e.Name))
	case iam.QuotaPolicyVersions:
		return wire.LimitExceededException(fmt.Sprintf("A managed policy can have up to %d versions. "+
			"Before you create a new version, you must delete an existing version.", e.Limit))
	case iam.QuotaTags:
		return wire.LimitExceededException(fmt.Sprintf("Cannot exceed quota for %s: %d", tagQuota(e.Kind), e.Limit))
	}
	return wire.LimitExceededException(fmt.Sprintf("Cannot exceed quota for %s: %d", e.Quota, e.Limit))
}

// tagQuota is AWS's word for the quota of tags of an entity.
func tagQuota(k iam.Kind) string {
	switch k {
	case iam.KindRole:
		return "TagsPerRole"
	case iam.KindUser:
		return "TagsPerUser"
	case iam.KindPolicy:
		return "TagsPerPolicy"
	case iam.KindSAMLProvider:
		return "TagsPerSAMLProvider"
	case iam.KindInstanceProfile:
		return "TagsPerInstanceProfile"
	}
	return "TagsPerOpenIDConnectProvider"
}

// invalid is the answer to an input that breaks a rule by itself. Most of these
// are refused by the model's constraints before; what is left are rules that
// the model cannot state, and callers in process.
func invalid(e *iam.Invalid) *awserr.Error {
	switch e.Field {
	case iam.FieldTagTwice:
		return wire.InvalidInputException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	case iam.FieldTagReserved:
		return wire.InvalidInputException(fmt.Sprintf("Tag key %s is not allowed: the prefix aws: is reserved.", e.Value))
	case iam.FieldBoundary:
		return awserr.Sender("InvalidParameterValue", fmt.Sprintf("Value (%s) for parameter PermissionsBoundary is invalid.", e.Value))
	case iam.FieldURL:
		return validation("Invalid Open ID Connect Provider URL")
	case iam.FieldThumbprint:
		return wire.InvalidInputException("Thumbprint must be 40 hexadecimal characters, and at least one is needed.")
	case iam.FieldPolicyARN:
		if _, err := arn.Parse(e.Value); err != nil {
			return validation("Invalid ARN:  Could not be parsed!") // two spaces, as AWS has it
		}
		return wire.InvalidInputException(fmt.Sprintf("ARN %s is not valid.", e.Value))
	}
	return validation(fmt.Sprintf("The specified value for %s is invalid.", strings.ToLower(string(e.Field))))
}

func immutable(e *iam.Immutable) *awserr.Error {
	if e.Kind == iam.KindAccessKey {
		return wire.UnmodifiableEntityException(fmt.Sprintf("The access key %s cannot be changed: it was set by the operator of this server, or its secret cannot be opened.", e.Name))
	}
	return awserr.Access("AccessDenied", fmt.Sprintf("The policy %s is managed by AWS and cannot be changed.", e.Name), http.StatusForbidden)
}
