from django.db import migrations, models


class Migration(migrations.Migration):
    """Keys act for one organization. Those made before keep the roles of the whole territory only:
    their owners make new ones."""

    dependencies = [
        ("accounts", "0002_append_only_trail"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="organization",
            field=models.CharField("établissement", blank=True, max_length=80),
        ),
    ]
