"""What access refuses."""

from entrepot.kit.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError, UnavailableError
from entrepot.kit.text import N_


class MissingRightError(ForbiddenError):
    """The caller is known but may not do this."""

    code = "access.missing_right"
    title = N_("Not allowed")
    message = N_("This needs the right “{right}”. Ask an owner of this hub to give you a role that has it.")


class SignInNeededError(ForbiddenError):
    """Nobody is signed in."""

    code = "access.sign_in_needed"
    title = N_("Sign in")
    message = N_("Sign in first, or send an API key.")


class PasswordNeededError(ForbiddenError):
    """A badge is not enough for this."""

    code = "access.password_needed"
    title = N_("Your password is needed")
    message = N_(
        "You are signed in with your badge, which is for work on the floor. Sign in with your password for this."
    )


class ChooseSellerError(RefusedError):
    """The page shows several sellers, and this must belong to one."""

    code = "access.choose_seller"
    title = N_("Choose a seller")
    message = N_("You are looking at all sellers. Choose one at the top of the page, then do this again.")


class WrongPasswordError(RefusedError):
    """E-mail address and password do not belong together; which of them is wrong is not said."""

    code = "access.wrong_password"
    title = N_("Not signed in")
    message = N_("E-mail address and password do not belong together. Check both and try again.")


class TooManyAttemptsError(UnavailableError):
    """Signing in failed too often."""

    code = "access.too_many_attempts"
    title = N_("Too many attempts")
    message = N_("Signing in failed too often. Wait {seconds} seconds, then try again.")


class UnknownUserError(NotFoundError):
    """There is no such user, or the caller may not know them."""

    code = "access.unknown_user"
    title = N_("No such user")
    message = N_("There is no such user among those you manage.")


class UnknownSellerError(NotFoundError):
    """There is no such seller, or the caller may not know it."""

    code = "access.unknown_seller"
    title = N_("No such seller")
    message = N_("There is no such seller among those you work for.")


class NotAUserError(RefusedError):
    """An API key was used where a person's own things are meant."""

    code = "access.not_a_user"
    title = N_("Not a user")
    message = N_("An API key has no account of its own. Sign in, or use an access token.")


class UnknownRoleError(NotFoundError):
    """There is no such role."""

    code = "access.unknown_role"
    title = N_("No such role")
    message = N_("There is no role “{role}”.")


class UnknownKeyError(NotFoundError):
    """There is no such API key, token or session, or it is someone else's."""

    code = "access.unknown_key"
    title = N_("Nothing to revoke")
    message = N_("There is no such key, token or session among yours. It may have been revoked already.")


class NoRightToGiveError(ForbiddenError):
    """Nobody gives what they do not have."""

    code = "access.no_right_to_give"
    title = N_("Not yours to give")
    message = N_("You cannot give the right “{right}”, because you do not have it yourself. Ask an owner of this hub.")


class InstanceOnlyError(ForbiddenError):
    """Only someone who works for the whole instance may do this."""

    code = "access.instance_only"
    title = N_("Not allowed")
    message = N_("This concerns every seller on this hub. Ask an owner of the hub to do it.")


class LastOwnerError(RefusedError):
    """Nobody would be left who can manage users."""

    code = "access.last_owner"
    title = N_("Last owner")
    message = N_("{name} is the last owner of this hub. Make someone else an owner first.")


class EmailTakenError(ConflictError):
    """A user with this e-mail address exists."""

    code = "access.email_taken"
    title = N_("User exists")
    message = N_("There is a user with the e-mail address {email}. Give them a role for the seller instead.")


class NameTakenError(ConflictError):
    """Something of this kind and name exists."""

    code = "access.name_taken"
    title = N_("Name taken")
    message = N_("“{name}” exists. Choose another name.")


class BuiltInRoleError(RefusedError):
    """Built-in roles follow the release."""

    code = "access.built_in_role"
    title = N_("Built-in role")
    message = N_("The role “{role}” comes with Entrepot and cannot be changed. Make a role of your own from it.")


class RoleInUseError(ConflictError):
    """Someone has this role."""

    code = "access.role_in_use"
    title = N_("Role in use")
    message = N_("{count} user(s) have the role “{role}”. Give them another role first.")


class LinkSpentError(RefusedError):
    """A set-password link that was used, replaced or is too old."""

    code = "access.link_spent"
    title = N_("Link no longer valid")
    message = N_("This link was used already or is too old. Ask whoever sent it for a new one.")


class AlreadySetUpError(ConflictError):
    """The first-run page, after the first run."""

    code = "access.already_set_up"
    title = N_("Already set up")
    message = N_("This hub has an owner already. Sign in.")


class WrongSetupCodeError(ForbiddenError):
    """The first-run page without the code that the command printed."""

    code = "access.wrong_setup_code"
    title = N_("Wrong set-up code")
    message = N_("This is not the set-up code. “entrepot up” prints it when it starts; copy it from there.")
