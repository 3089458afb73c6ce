"""What the product relies on in a Moodle, as tests.

They run on the sandbox, or on any other Moodle that two variables name:

    MOODLE_CONTRACT_URL=https://moodle.example.com MOODLE_CONTRACT_TOKEN=... pytest tests/sandbox/moodle_contract

The files test_sandbox_*.py need switches that only the sandbox has, and run on it in any case.

The token needs the four functions and the minimum capabilities; core_user_delete_users lets the suite clean up after
itself, otherwise it suspends the accounts that it made and names them at the end. MOODLE_CONTRACT_AUTH names another
authentication plugin than oidc, of those that keep no password in Moodle.
"""
