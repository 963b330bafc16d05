"""Who may do what to people, their roles and their sign-ins."""

from auction.kernel.actor import Role, permit

_ANYBODY_SIGNED_IN = (
    Role.BIDDER,
    Role.OFFICER,
    Role.PANEL,
    Role.SUPERVISOR,
    Role.FINANCE_CLERK,
    Role.FINANCE_APPROVER,
    Role.AGENCY,
    Role.REGISTRY,
    Role.TAX,
    Role.ADMINISTRATOR,
)

ENROLL = permit("person.enroll", Role.VISITOR, Role.SYSTEM)
SIGN_IN = permit("person.sign_in", Role.VISITOR)
SIGN_OUT = permit("person.sign_out", *_ANYBODY_SIGNED_IN)
PROVE = permit("person.prove", Role.VISITOR, Role.SYSTEM)
CHANGE_PASSWORD = permit("person.change_password", *_ANYBODY_SIGNED_IN)
STEP_UP = permit("person.prove_again", *_ANYBODY_SIGNED_IN)
GIVE_MAIL = permit("person.give_mail", *_ANYBODY_SIGNED_IN)
SEND_LETTER = permit("letter.send", Role.SYSTEM)
TOUCH = permit("person.stay_signed_in", Role.SYSTEM)
FOUND = permit("organisation.found", Role.ADMINISTRATOR, Role.SYSTEM)
REVOKE_SIGN_INS = permit("person.revoke_sign_ins", Role.ADMINISTRATOR, Role.SYSTEM)
GRANT_ROLE = permit("person.grant_role", Role.SYSTEM)
TAKE_PART = permit(
    "approval.take_part",
    Role.OFFICER,
    Role.PANEL,
    Role.SUPERVISOR,
    Role.FINANCE_CLERK,
    Role.FINANCE_APPROVER,
    Role.ADMINISTRATOR,
)
"""In four eyes at all; the table of actions says who has which part."""
PROPOSE_ROLE = permit("role.propose", Role.ADMINISTRATOR)
DECIDE_ROLE = permit("role.decide", Role.ADMINISTRATOR)
ADMINISTER = permit("people.administer", Role.ADMINISTRATOR)
VIEW_PERSON = permit("person.view_in_full", Role.ADMINISTRATOR, basis="个保法51")
ERASE = permit("person.erase", Role.SYSTEM, basis="个保法47")
REVOKE_ROLE = permit("person.revoke_role", Role.ADMINISTRATOR, Role.SYSTEM)
